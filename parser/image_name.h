/*
 * image_name: expands the short forms of an image's name.
 *
 *	alpine                 docker.io/library/alpine:latest   alpine
 *	docker.io/acme/tool:1  docker.io/acme/tool:1             acme/tool:1
 *	hub.example/x@sha…     hub.example/x@sha…                hub.example/x@sha…
 *
 * It is only the part of a reference that names in a Dockerfile need: two names mean
 * the same image if their full forms are equal.
 */
#ifndef PARSER_IMAGE_NAME_H
#define PARSER_IMAGE_NAME_H

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

struct image_name {
	struct text full;  /* with host, repository, and tag or digest */
	struct text brief; /* familiar form, without ":latest" */
	bool has_digest;
};

/* ERR_DOCKERFILE, "invalid reference format…", if T is not a valid name.
 * The texts live in ARENA. */
int image_name_parse(struct arena *arena, struct text t, struct image_name *out,
                     struct error *err);

#endif
