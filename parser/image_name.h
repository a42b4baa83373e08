/*
 * image_name: what an image's name says when its short forms are written out.
 *
 *	alpine                 docker.io/library/alpine:latest   alpine
 *	docker.io/acme/tool:1  docker.io/acme/tool:1             acme/tool:1
 *	hub.example/x@sha…     hub.example/x@sha…                hub.example/x@sha…
 *
 * Only as much of a reference as naming in a Dockerfile needs: two names are
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

/* ERR_DOCKERFILE, "invalid reference format…", if T is no name of an image.
 * The texts live in ARENA. */
int image_name_parse(struct arena *arena, struct text t, struct image_name *out,
                     struct error *err);

#endif
