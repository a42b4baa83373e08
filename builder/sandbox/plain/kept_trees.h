/*
 * kept_trees: plain trees that are kept for later builds.
 *
 *	KEPT/ID/tree     the tree; anybody may have changed it meanwhile
 *	KEPT/ID/notes    its state when it last matched its layers
 *	KEPT/ID/stack    these layers
 *
 * A build takes a tree by a rename, so that no two builds have the same one, and puts it
 * back by a rename when it is complete. plain_tree_restore() finds and undoes other
 * changes to it.
 */
#ifndef BUILDER_SANDBOX_PLAIN_KEPT_TREES_H
#define BUILDER_SANDBOX_PLAIN_KEPT_TREES_H

#include "builder/sandbox/plain/stack.h"

struct plain_tree;

#define KEPT_TREE  "tree"
#define KEPT_NOTES "notes"

/* A place for trees, and how ids are mapped: each mapping has trees of its own, because
 * the owners differ. */
struct kept_trees {
	const char *dir; /* NULL: none are kept */
	enum id_mapping mapping;
};

/* Moves the tree that is closest to STACK to AS in SCRATCH_FD. Returns 1 and the tree's
 * layers, of which the first *N_COMMON are those of STACK; or 0 if no tree shares a layer
 * with STACK. */
int kept_trees_take(const struct kept_trees *k, const struct stack *stack, int scratch_fd,
                    const char *as, struct stack *out, size_t *n_common);

/* Keeps NAME in SCRATCH_FD, which contains KEPT_TREE, for later builds. If there are too
 * many trees, moves the oldest to SCRATCH_FD. False if NAME stays where it is. */
bool kept_trees_give(const struct kept_trees *k, int scratch_fd, const char *name,
                     const struct stack *stack, const struct plain_tree *tree);

#endif
