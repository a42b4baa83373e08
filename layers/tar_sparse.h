/*
 * tar_sparse: content of sparse entries, which is stored without its holes.
 */
#ifndef LAYERS_TAR_SPARSE_H
#define LAYERS_TAR_SPARSE_H

#include "layers/tar_pax.h"

/* Goes through a file: data from the archive, holes that are not in it. */
struct tar_sparse {
	ARRAY(struct tar_extent) extents;
	uint64_t size; /* of the file */
	uint64_t at;   /* reached */
	size_t next;   /* first extent that ends beyond it */
};

/* True if the extents ascend, end within the file, and are STORED bytes. */
bool tar_sparse_check(const struct tar_sparse *s, uint64_t stored);

/* Length of the piece at hand, at most MAX, and whether it is a hole; 0 at the
 * end of the file. The piece counts as read. */
uint64_t tar_sparse_next(struct tar_sparse *s, uint64_t max, bool *hole);

/* Adds the extents of an old GNU header (4 at its end) or of one of its
 * extension blocks (21): pairs of 12-byte numbers, NULs end the list. False if
 * they are no numbers or too many. */
bool tar_sparse_add(struct tar_sparse *s, const char *pairs, size_t n);

#endif
