/*
 * blob_stream: the tar in the blob of a pulled layer, as it is decompressed.
 *
 *	fetch ──► growing blob ──► decompress ──► reader          unpacks
 *	             └──► blobs/…     └──► hash, or blobs/… of the tar
 *
 * Each arrow is a thread of its own if there is enough to do for one. A blob that is not
 * in the store is fetched meanwhile. Nothing that was read may be given a name before
 * blob_stream_end() has said that blob and tar are what they should be.
 */
#ifndef LAYERS_BLOB_STREAM_H
#define LAYERS_BLOB_STREAM_H

#include "layers/layer_state.h"

struct blob_stream;

/* KEEP_TAR: the tar becomes a blob, too. */
struct blob_stream *blob_stream_open(struct layer *l, bool keep_tar, struct error *err);

/* As a tar_reader wants it; ARG is the stream. */
ssize_t blob_stream_read(void *arg, void *bytes, size_t n, struct error *err);

/* Reads what is left, and compares. *TAR_SIZE: all of it. */
int blob_stream_end(struct blob_stream *s, uint64_t *tar_size, struct error *err);

/* What was read is damaged, says ERR. If that is because the fetch failed, it gets why.
 */
void blob_stream_blame(struct blob_stream *s, struct error *err);
void blob_stream_close(struct blob_stream *s); /* takes NULL */

static inline void
own_blob_stream(struct blob_stream **s)
{
	blob_stream_close(*s);
	*s = NULL;
}
#define auto_blob_stream __attribute__((cleanup(own_blob_stream)))

/* True if a reader is better off with the stream than with the blob, fetched before. */
bool blob_stream_may_fetch(struct layer *l);

#endif
