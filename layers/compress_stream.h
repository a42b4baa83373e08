/*
 * compress_stream: compresses a stream of bytes into a sink.
 *
 * The output is a row of members (compress_pool.h). It depends only on the input, the
 * format, the level and the library's version, not on the number of threads, the size of
 * the input pieces, or what the store has (docs/output-profile.md). Memory is bounded:
 * about 100 MiB, at zstd's high levels more. A stream belongs to one thread, which also
 * calls the sink.
 */
#ifndef LAYERS_COMPRESS_STREAM_H
#define LAYERS_COMPRESS_STREAM_H

#include "layers/compress.h"

typedef int compress_sink_fn(void *arg, const void *bytes, size_t n, struct error *err);

struct compress_stream;

/* ERR_USAGE if the format does not have this level. Members that the store ST (may be
 * NULL) has are taken from there. */
struct compress_stream *
compress_open(const struct compressor *c, struct store *st, compress_sink_fn *sink,
              void *arg, struct error *err);

/* From now on writing and finishing end when C (may be NULL, borrowed) is triggered, and
 * freeing does not wait for threads that are busy. */
void compress_set_cancel(struct compress_stream *s, const struct cancel *c);
int
compress_write(struct compress_stream *s, const void *bytes, size_t n, struct error *err);

/* Everything has reached the sink afterwards. */
int compress_finish(struct compress_stream *s, struct error *err);

/* The output is the blob BLOB of the store now: later streams may take its members. */
void compress_keep_members(struct compress_stream *s, const struct digest *blob);
void compress_free(struct compress_stream *s); /* takes NULL */

/* The level that C asks for, the default resolved. */
int compress_level(const struct compressor *c);

/* "gzip-4". Caller frees. */
char *compress_words(const struct compressor *c);

static inline void
own_compress(struct compress_stream **s)
{
	compress_free(*s);
	*s = NULL;
}
#define auto_compress __attribute__((cleanup(own_compress)))

#endif
