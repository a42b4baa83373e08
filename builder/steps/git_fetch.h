/*
 * git_fetch: a commit's files, from the server into an empty directory. Internal to
 * steps.
 */
#ifndef BUILDER_STEPS_GIT_FETCH_H
#define BUILDER_STEPS_GIT_FETCH_H

#include "builder/steps/git.h"
#include "parser/step.h"

/* Makes "tree" in DIR_FD, all of it as old as the commit: *TIME, in seconds. Its .git
 * is there if SRC keeps it; then a tag that was asked for is in it, and for a commit
 * named by its id the tags it has, so that git describe works. No user and no password
 * is in its files. */
int git_fetch_tree(const struct git_access *access, const struct step_git *src,
                   const struct git_commit *commit, int dir_fd, int64_t *time,
                   struct error *err);

#endif
