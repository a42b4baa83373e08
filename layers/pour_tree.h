/*
 * pour_tree: a layer's tar, from its index.
 */
#ifndef LAYERS_POUR_TREE_H
#define LAYERS_POUR_TREE_H

#include "layers/pour.h"

/* A layer's tar from the sorted entries of TREE with contents of L. */
int
pour_tree(const struct pour *p, struct layer *l, const struct tree *t, struct error *err);

#endif
