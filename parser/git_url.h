/*
 * git_url: the address of a repository with what is wanted of it.
 *
 *	https://host/repo.git#ref:subdir
 *	ssh://git@host/repo        git@host:repo.git        git://host/repo
 *	https://host/repo.git?branch=main&subdir=src&submodules=false
 */
#ifndef PARSER_GIT_URL_H
#define PARSER_GIT_URL_H

#include "parser/parser.h"

struct git_url {
	struct step_git git; /* texts in the arena */
	int keep_git_dir;    /* -1 not said, 0, 1 */
};

/* 1 T is one, 0 it is something else, -1 it asks for something wrong. */
int
git_url_parse(struct arena *arena, struct text t, struct git_url *out, struct error *err);

#endif
