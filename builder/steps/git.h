/*
 * git: repositories by git's own command line.
 *
 * No prompt, no configuration of the machine or the user, no hooks; transports
 * are http(s), ssh and git unless GIT_ALLOW_PROTOCOL says otherwise. A commit is
 * found by ls-remote and fetched alone (depth 1) where the server allows it.
 */
#ifndef BUILDER_STEPS_GIT_H
#define BUILDER_STEPS_GIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"
#include "layers/layers.h"
#include "parser/parser.h"

#define GIT_COMMIT_MAX 65

struct git_checkout {
	char commit[GIT_COMMIT_MAX];
	int64_t time; /* of the commit, seconds */
	char *dir;    /* absolute: the tree, or its subdirectory; owned */
};

/* An error unless SRC is on this machine: what --offline allows. */
int git_check_offline(const struct step_git *src, struct error *err);

/* The commit that SRC means now, without fetching anything. */
int git_resolve(const struct step_git *src, const struct cancel *cancel,
                char commit[GIT_COMMIT_MAX], struct error *err);

/* Checks COMMIT of SRC out below a new directory in the store's tmp. */
int
git_checkout(struct store *st, const struct step_git *src, const char *commit,
             const struct cancel *cancel, struct git_checkout *out, struct error *err);

/* All of it, for a build context; .git stays if KEEP_GIT_DIR or URL says so. Files
 * are as old as the commit. "github.com/…" will do for an address. *DIR: caller
 * frees. */
int git_checkout_url(struct store *st, struct text url, bool keep_git_dir, bool offline,
                     const struct cancel *cancel, char **dir, struct error *err);

#endif
