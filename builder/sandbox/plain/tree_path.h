/*
 * tree_path: paths in a tree that nobody else changes now.
 */
#ifndef BUILDER_SANDBOX_PLAIN_TREE_PATH_H
#define BUILDER_SANDBOX_PLAIN_TREE_PATH_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

/* PATH with all links followed inside the tree, relative and clean; components that
 * are not there are kept as written. Caller frees; NULL with ERR after 40 links. */
char *tree_path_resolve(int tree_fd, const char *path, struct error *err);

/* PATH in the merge of N layer directories in overlay format (topmost first), links
 * followed: the number of *FDS (O_PATH, topmost first, caller closes) that have a
 * part in it; more than one only for directories. 0 not there, -1. */
int tree_path_merged(const char *const *lowers, size_t n, const char *path, int *fds,
                     struct error *err);

#endif
