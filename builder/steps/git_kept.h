/*
 * git_kept: checkouts that are kept in the store, so that each commit is fetched once.
 * Internal to steps.
 *
 *	checkouts/KEY/tree   the files
 *	checkouts/KEY/info   {"time": seconds}; written before it gets its name
 *
 * KEY is the hash of everything that affects the files. The collector removes checkouts
 * that were not used for a long time.
 */
#ifndef BUILDER_STEPS_GIT_KEPT_H
#define BUILDER_STEPS_GIT_KEPT_H

#include "base/digest.h"
#include "layers/layers.h"

/* 1 and the tree's path (absolute, caller frees), 0 there is none, -1. */
int git_kept_find(struct store *st, const struct digest *key, char **tree, int64_t *time,
                  struct error *err);

/* Moves DIR (from store_tmp_dir(), with "tree" in it) to its place; *TREE gets the tree's
 * new path. If another process has kept the same checkout meanwhile, uses that one. */
int git_kept_add(struct store *st, const struct digest *key, const char *dir, int dir_fd,
                 int64_t time, char **tree, struct error *err);

#endif
