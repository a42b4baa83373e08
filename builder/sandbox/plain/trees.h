/*
 * trees: the plain trees of one build, for engines that have no overlay. A step
 * takes the tree whose layers are its own lowers, or the first of them; what is
 * missing is laid over it. Afterwards the tree stands for these layers and the
 * step's upper, which is known by its inode and birth, whatever it is renamed to.
 */
#ifndef BUILDER_SANDBOX_PLAIN_TREES_H
#define BUILDER_SANDBOX_PLAIN_TREES_H

#include <pthread.h>
#include <sys/types.h>

#include "base/array.h"
#include "base/cancel.h"
#include "base/error.h"
#include "builder/sandbox/sandbox.h"

struct stage_tree;

struct trees {
	pthread_mutex_t lock;
	ARRAY(struct stage_tree *) idle;
	int scratch_fd; /* borrowed; trees are made in there */
	const char *scratch;
	const struct cancel *cancel;
	unsigned made; /* number of trees ever made */
};

void trees_init(struct trees *t, int scratch_fd, const char *scratch,
                const struct cancel *cancel);
void trees_clear(struct trees *t);

/* A tree for R: its lowers, and what its upper may hold already. Nobody else has
 * it. NULL with ERR. */
struct stage_tree *
trees_take(struct trees *t, const struct sandbox_run *r, struct error *err);
const char *stage_tree_dir(const struct stage_tree *s); /* absolute */
struct plain_tree *stage_tree_plain(const struct stage_tree *s);

/* Copies what R changed to its upper. */
int stage_tree_diff(struct stage_tree *s, const struct sandbox_run *r,
                    const struct cancel *cancel, struct error *err);

/* S is for others again if IS_GOOD, else removed. */
void trees_give(struct trees *t, struct stage_tree *s, bool is_good);

#endif
