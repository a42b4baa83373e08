/*
 * tree_path: paths in a tree that nobody else is changing.
 */
#ifndef BUILDER_SANDBOX_PLAIN_TREE_PATH_H
#define BUILDER_SANDBOX_PLAIN_TREE_PATH_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

/* PATH with all links followed inside the tree, relative and clean; missing
 * components are kept as written. Caller frees; NULL with ERR after 40 links. */
char *tree_path_resolve(int tree_fd, const char *path, struct error *err);

/* Finds PATH in the merge of N layer directories in overlay format (topmost first),
 * following links. Returns the number of *FDS (O_PATH, topmost first, caller closes) that
 * contribute to it; only a directory has more than one. 0 if it does not exist, or -1. */
int tree_path_merged(const char *const *lowers, size_t n, const char *path, int *fds,
                     struct error *err);

#endif
