/*
 * gc_mark: marks the things to keep.
 *
 *	tag, ref ──► manifest ──► config, layers' blobs
 *	step     ──► layer ──► tree, tar, notes ──► compressed blob
 *
 * Every mark adds the thing's size to the total and can be taken back.
 */
#ifndef LAYERS_GC_MARK_H
#define LAYERS_GC_MARK_H

#include "base/array.h"
#include "layers/census.h"

struct marks {
	struct store *store;
	struct census *census;
	ARRAY(size_t) order; /* indices of what was marked */
	uint64_t total;      /* bytes */
	bool sizes;          /* measure directories for the total */
};

/* Marks everything a tag reaches. -1 if index.json cannot be read: then nothing may be
 * removed. */
int mark_tags(struct marks *m, struct error *err);

/* Marks the thing and everything that it needs. */
void mark_thing(struct marks *m, size_t index);

/* Takes back all marks but the first N. */
void marks_truncate(struct marks *m, size_t n);

#endif
