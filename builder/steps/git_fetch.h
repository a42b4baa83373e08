/*
 * git_fetch: fetches a commit's files from the server into an empty directory. Internal
 * to steps.
 */
#ifndef BUILDER_STEPS_GIT_FETCH_H
#define BUILDER_STEPS_GIT_FETCH_H

#include "builder/steps/git.h"
#include "parser/step.h"

/* Makes "tree" in DIR_FD; all files get the commit's time *TIME, in seconds. If SRC keeps
 * .git, it contains the requested tag, or all tags of a commit that was named by its id,
 * so that git describe works. Its files contain no user or password. */
int git_fetch_tree(const struct git_access *access, const struct step_git *src,
                   const struct git_commit *commit, int dir_fd, int64_t *time,
                   struct error *err);

#endif
