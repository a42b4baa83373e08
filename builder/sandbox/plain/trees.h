/*
 * trees: the plain trees of one build, for engines without overlays. A step takes
 * the tree whose layers are its own lowers, or the first of them; the missing
 * layers are applied. After the step, the tree matches these layers plus the
 * step's upper. At the end, the trees are kept for later builds.
 */
#ifndef BUILDER_SANDBOX_PLAIN_TREES_H
#define BUILDER_SANDBOX_PLAIN_TREES_H

#include <pthread.h>
#include <sys/types.h>

#include "base/array.h"
#include "base/cancel.h"
#include "base/error.h"
#include "builder/sandbox/plain/kept_trees.h"
#include "builder/sandbox/sandbox.h"

struct stage_tree;

struct trees {
	pthread_mutex_t lock;
	ARRAY(struct stage_tree *) idle;
	int scratch_fd;      /* borrowed; trees are made in there */
	const char *scratch; /* its path, borrowed */
	struct kept_trees kept;
	const struct cancel *cancel;
	unsigned made; /* number of trees ever made */
};

/* Leaves SCRATCH unset. */
void trees_init(struct trees *t, int scratch_fd, const struct kept_trees *kept,
                const struct cancel *cancel);
void trees_clear(struct trees *t);

/* A tree for R with its lowers, and with the content that its upper may already have.
 * Nobody else has it. NULL with ERR. */
struct stage_tree *
trees_take(struct trees *t, const struct sandbox_run *r, struct error *err);
const char *stage_tree_dir(const struct stage_tree *s); /* absolute */
struct plain_tree *stage_tree_plain(const struct stage_tree *s);

/* Whether nobody reads the upper of R: a shell's, a program's in the foreground. */
bool stage_tree_is_unread(const struct sandbox_run *r);

/* Copies what R changed to its upper. */
int stage_tree_diff(struct stage_tree *s, const struct sandbox_run *r,
                    const struct cancel *cancel, struct error *err);

enum tree_state {
	TREE_AS_NOTED, /* matches its notes: for the next step */
	TREE_CHANGED,  /* by a failed step: for later builds, which undo the changes */
	TREE_SPOILT,   /* for nobody */
};

/* The state of the tree after R. STATUS: of its process. */
enum tree_state stage_tree_state(const struct sandbox_run *r, bool is_noted, int status);

void trees_give(struct trees *t, struct stage_tree *s, enum tree_state state);

#endif
