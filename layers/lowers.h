/*
 * lowers: the lower directories of an overlay that shows layers.
 */
#ifndef LAYERS_LOWERS_H
#define LAYERS_LOWERS_H

#include "base/array.h"
#include "base/cancel.h"
#include "base/error.h"
#include "layers/layers.h"

/* Directories in overlay format. */
struct lowers {
	ARRAY(const char *) list; /* absolute, topmost first; borrowed from the store */
};

/* The lower directories of an overlay that shows LAYERS (lowest first). Makes missing
 * directories, omits empty layers, and merges the lowest ones into one if overlayfs would
 * not accept so many. */
int layers_lowers(struct store *st, struct layer *const *layers, size_t n,
                  const struct cancel *cancel, struct lowers *out, struct error *err);
void lowers_clear(struct lowers *l);
#define auto_lowers __attribute__((cleanup(lowers_clear)))

/* A tar may lack entries for the parents of its files. Then LAYER_DIR has these
 * directories with 0755 0:0, and would hide the metadata from lower layers (/tmp:
 * 1777). If LAYERS (lowest first) have such directories, returns 1 and *OUT: an extra
 * layer in LAYER_DIR form with only these directories and their right metadata, to mount
 * on top; it is not a layer of the image. Returns 0 if none is needed (nearly always), or
 * -1. Part of layers_lowers(). */
int layer_patch(struct store *st, struct layer *const *layers, size_t n,
                struct layer **out, struct error *err);

#endif
