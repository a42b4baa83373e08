/*
 * decompress: reads a file that may be compressed, as a stream.
 *
 *	gzip    one or more members, zeros after them        ISA-L
 *	zstd    one or more frames, skippable ones too       libzstd
 *	bzip2   one or more streams                          libarchive
 *	xz      one or more streams                          libarchive
 *	else    the bytes as they are
 *
 * The first bytes determine the format. Truncated and damaged data is
 * ERR_DAMAGED, and so is anything after the last stream. Memory is bounded for
 * any input. Time is not: the reader decides when to stop. A decompressor
 * belongs to one thread at a time.
 */
#ifndef LAYERS_DECOMPRESS_H
#define LAYERS_DECOMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct decompressor;
struct growing_blob;

/* Reads FD (borrowed; may be a pipe) from its current offset; it reads ahead of
 * the request. */
struct decompressor *decompressor_open(int fd, struct error *err);

/* The same for a blob that is still being fetched (borrowed). */
struct decompressor *decompressor_open_growing(struct growing_blob *a, struct error *err);

/* Up to N bytes, at least one; 0 at the end; after an error always -1. */
ssize_t
decompressor_read(struct decompressor *d, void *bytes, size_t n, struct error *err);
bool decompressor_is_plain(const struct decompressor *d);
void decompressor_close(struct decompressor *d); /* takes NULL */

static inline void
own_decompressor(struct decompressor **d)
{
	decompressor_close(*d);
	*d = NULL;
}
#define auto_decompressor __attribute__((cleanup(own_decompressor)))

#endif
