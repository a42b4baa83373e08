/*
 * kept_trees: plain trees that wait for later builds.
 *
 *	KEPT/ID/tree     the tree, as its last step or nobody in particular left it
 *	KEPT/ID/notes    how it was when it was last known to stand for its layers
 *	KEPT/ID/stack    which layers these are
 *
 * A build takes one by a rename, so that two never have the same, and leaves it by a
 * rename when all of it is there. What was done to it meanwhile is found and undone by
 * plain_tree_restore().
 */
#ifndef BUILDER_SANDBOX_PLAIN_KEPT_TREES_H
#define BUILDER_SANDBOX_PLAIN_KEPT_TREES_H

#include "builder/sandbox/plain/stack.h"

struct plain_tree;

#define KEPT_TREE  "tree"
#define KEPT_NOTES "notes"

/* A place for trees, and how ids are mapped: whoever sees other owners has other trees. */
struct kept_trees {
	const char *dir; /* NULL: none are kept */
	enum id_mapping mapping;
};

/* Moves the tree that needs least to become STACK to AS in SCRATCH_FD. 1 and what it
 * stands for, of which the first *N_COMMON layers are those of STACK; 0 there is none
 * that has any of them. */
int kept_trees_take(const struct kept_trees *k, const struct stack *stack, int scratch_fd,
                    const char *as, struct stack *out, size_t *n_common);

/* Leaves NAME in SCRATCH_FD, which has KEPT_TREE in it, to later builds. The oldest of too
 * many are moved to SCRATCH_FD. False if NAME stays where it is. */
bool kept_trees_give(const struct kept_trees *k, int scratch_fd, const char *name,
                     const struct stack *stack, const struct plain_tree *tree);

#endif
