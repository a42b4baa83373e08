/*
 * lowers: what an overlay that shows layers is mounted of.
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

/* What an overlay that shows LAYERS (lowest first) is made of: their directories, derived
 * where they are not there, without those of layers in which nothing is; the lowest ones
 * merged into one where overlayfs would not take so many. */
int layers_lowers(struct store *st, struct layer *const *layers, size_t n,
                  const struct cancel *cancel, struct lowers *out, struct error *err);
void lowers_clear(struct lowers *l);
#define auto_lowers __attribute__((cleanup(lowers_clear)))

/* Tars without entries for the parents of what they hold leave directories
 * 0755 0:0 in LAYER_DIR, which would cover what lower layers say of them (/tmp:
 * 1777). 1 and *OUT if there are such in LAYERS (lowest first): one more layer
 * with nothing but these directories as they should be, to be mounted on top of
 * them, in LAYER_DIR form; it is no layer of the image. 0 if none is needed
 * (nearly always), -1. Part of layers_lowers(). */
int layer_patch(struct store *st, struct layer *const *layers, size_t n,
                struct layer **out, struct error *err);

#endif
