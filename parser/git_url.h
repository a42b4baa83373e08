/*
 * git_url: parses addresses of repositories in ADD, contexts and --build-context.
 */
#ifndef PARSER_GIT_URL_H
#define PARSER_GIT_URL_H

#include <stdbool.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "parser/step.h"

/* The address of a repository, and the requested part of it:
 *
 *	https://host/repo.git#ref:subdir
 *	ssh://git@host/repo        git@host:repo.git        git://host/repo
 *	https://host/repo.git?branch=main&subdir=src&submodules=false
 */
struct git_url {
	struct step_git git; /* texts in the arena */
	int keep_git_dir;    /* -1 not said, 0, 1 */
};

/* 1 T is such an address, 0 it is something else, -1 it has an invalid request.
 * git_url_is() does not check the request. */
int
git_url_parse(struct arena *arena, struct text t, struct git_url *out, struct error *err);
bool git_url_is(struct text t);

#endif
