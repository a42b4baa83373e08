/*
 * squash: several layers as one.
 */
#ifndef LAYERS_SQUASH_H
#define LAYERS_SQUASH_H

#include <stddef.h>

#include "base/error.h"
#include "layers/changes.h"
#include "layers/layers.h"

/* A layer that does to the lowest N_BASE of LAYERS (lowest first) what the other N -
 * N_BASE, at least one, do to them one after the other. Equal layers give equal bytes.
 * With N_BASE 0 it is the whole file system. NULL on failure. */
struct layer *
layers_squash(struct store *st, struct layer *const *layers, size_t n_base, size_t n,
              const struct layer_options *options, struct error *err);

#endif
