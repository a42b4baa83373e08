/*
 * git: repositories, by git's own command line.
 *
 *	git_resolve()    asks the server what a branch or tag is now (ls-remote)
 *	git_checkout()   that commit's files: kept in the store, or fetched
 *
 * A commit is fetched alone (depth 1) where the server allows it.
 * Transports are http(s), ssh and git unless GIT_ALLOW_PROTOCOL says otherwise, for
 * submodules too. See git_run.h for what git does not get to see.
 */
#ifndef BUILDER_STEPS_GIT_H
#define BUILDER_STEPS_GIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"
#include "layers/layers.h"
#include "parser/step.h"

struct secret;

#define GIT_COMMIT_MAX 65

/* What is needed to reach a repository. */
struct git_access {
	struct store *store;
	bool offline;
	const struct secret *secrets; /* see source_auth.h */
	size_t n_secrets;
	const struct cancel *cancel;
};

/* The current target of a reference. */
struct git_commit {
	char id[GIT_COMMIT_MAX];
	char *name; /* "refs/tags/v1"; "" if it was named by its id or as HEAD; owned */
};

struct git_checkout {
	int64_t time; /* of the commit, seconds */
	char *dir;    /* absolute: the tree, or its subdirectory; owned. It is the
	                 store's: nobody may write to it */
};

int git_resolve(const struct git_access *access, const struct step_git *src,
                struct git_commit *out, struct error *err);
void git_commit_clear(struct git_commit *c);
#define auto_git_commit __attribute__((cleanup(git_commit_clear)))

int git_checkout(const struct git_access *access, const struct step_git *src,
                 const struct git_commit *commit, struct git_checkout *out,
                 struct error *err);

/* Resolves and checks out, for a build context; .git stays if KEEP_GIT_DIR or URL says
 * so. Files get the time of the commit. "github.com/…" is accepted as an address. *DIR:
 * caller frees; see git_checkout.dir. */
int git_checkout_url(const struct git_access *access, struct text url, bool keep_git_dir,
                     char **dir, struct error *err);

#endif
