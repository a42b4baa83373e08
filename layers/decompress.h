/*
 * decompress: bytes out of a file that may be compressed, as a stream.
 *
 *	gzip    one or more members, zeros after them        ISA-L
 *	zstd    one or more frames, skippable ones too       libzstd
 *	bzip2   one or more streams                          libarchive
 *	xz      one or more streams                          libarchive
 *	else    the bytes as they are
 *
 * The format is told by the first bytes. Truncated and damaged data is
 * ERR_DAMAGED, and so is anything that follows the last stream. Memory is
 * bounded whatever the data says; time is not: the reader decides when it had
 * enough. A decompressor belongs to one thread at a time.
 */
#ifndef LAYERS_DECOMPRESS_H
#define LAYERS_DECOMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct decompressor;
struct growing_blob;

/* Reads FD (borrowed; a pipe will do) from where it is, and further than what
 * was asked for. */
struct decompressor *decompressor_open(int fd, struct error *err);

/* The same of a blob that is still on its way (borrowed). */
struct decompressor *decompressor_open_growing(struct growing_blob *a, struct error *err);

/* Up to N bytes, at least one; 0 at the end, -1 for ever after a fault. */
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
