/*
 * view: several layers, lowest first, seen as one file system by metadata alone.
 */
#ifndef LAYERS_VIEW_H
#define LAYERS_VIEW_H

#include <stdbool.h>

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"
#include "layers/layers.h"

struct view_entry {
	const struct entry *entry; /* NULL only for an implied root or directory */
	struct layer *layer;       /* whose entry it is; NULL if implied */
};

struct view *view_new(struct layer *const *layers, size_t n, struct error *err);
void view_free(struct view *v); /* takes NULL */

/* The entry at PATH (relative, clean; no link is followed): 1, 0, -1. An
 * implied directory has entry NULL and counts as 0755 0:0. */
int view_find(const struct view *v, struct text path, struct view_entry *out);

/* Follows all links in PATH, confined to the root; components that are not there are
 * appended as written. OUT: relative, clean, caller frees. More than LINK_WALK_MAX links
 * are ERR_SOURCE. */
int view_resolve(const struct view *v, struct text path, char **out, struct error *err);

/* Names in directory PATH, in byte order; names live as long as the view. */
struct view_names {
	ARRAY(struct text) list;
};
int view_children(const struct view *v, struct text path, struct view_names *out);

/* Calls FN for everything below and including PATH, in path_compare() order. */
typedef int
view_fn(void *arg, struct text path, const struct view_entry *e, struct error *err);
int view_each(const struct view *v, struct text path, view_fn *fn, void *arg,
              struct error *err);

/* Whole content of a regular file (hard links are followed to their data), from
 * whatever form its layer has. 1 read, 0 not there or not a file, -1. */
int view_read(const struct view *v, struct text path, size_t max, struct buf *out,
              struct error *err);

#endif
