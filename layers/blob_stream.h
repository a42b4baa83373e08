/*
 * blob_stream: reads the tar in a pulled layer's blob while it is decompressed.
 *
 *	fetch ──► growing blob ──► decompress ──► reader          unpacks
 *	             └──► blobs/…     └──► hash, or blobs/… of the tar
 *
 * Each arrow becomes a thread if there is enough work. A blob that is not in the store is
 * fetched at the same time. The caller must not give anything it read its final name
 * before blob_stream_end() has verified blob and tar.
 */
#ifndef LAYERS_BLOB_STREAM_H
#define LAYERS_BLOB_STREAM_H

#include "layers/layer_state.h"

struct blob_stream;

/* KEEP_TAR: the tar becomes a blob, too. */
struct blob_stream *blob_stream_open(struct layer *l, bool keep_tar, struct error *err);

/* A read function for tar_reader; ARG is the stream. */
ssize_t blob_stream_read(void *arg, void *bytes, size_t n, struct error *err);

/* Reads the rest and verifies everything. *TAR_SIZE: size of the tar. */
int blob_stream_end(struct blob_stream *s, uint64_t *tar_size, struct error *err);

/* ERR says that the data is damaged. If the reason is a failed fetch, ERR gets its error.
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

/* True if streaming is better than fetching the whole blob first. */
bool blob_stream_may_fetch(struct layer *l);

#endif
