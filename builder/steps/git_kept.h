/*
 * git_kept: checkouts that stay in the store, so that a commit is fetched once.
 * Internal to steps.
 *
 *	checkouts/KEY/tree   the files
 *	checkouts/KEY/info   {"time": seconds}; written before it gets its name
 *
 * KEY is the hash of all that decides what the files are. The collector takes those
 * away that were not used for long.
 */
#ifndef BUILDER_STEPS_GIT_KEPT_H
#define BUILDER_STEPS_GIT_KEPT_H

#include "base/digest.h"
#include "layers/layers.h"

/* 1 and the tree's path (absolute, caller frees), 0 there is none, -1. */
int git_kept_find(struct store *st, const struct digest *key, char **tree, int64_t *time,
                  struct error *err);

/* Gives DIR (from store_tmp_dir(), with "tree" in it) its place; the tree's new path to
 * *TREE. What somebody else kept meanwhile is taken instead. */
int git_kept_add(struct store *st, const struct digest *key, const char *dir, int dir_fd,
                 int64_t time, char **tree, struct error *err);

#endif
