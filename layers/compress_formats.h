/*
 * compress_formats: each format's functions.
 */
#ifndef LAYERS_COMPRESS_FORMATS_H
#define LAYERS_COMPRESS_FORMATS_H

#include "layers/compress_stream.h"

/* Where compressed bytes go. */
struct output {
	compress_sink_fn *sink;
	void *arg;
	const struct cancel *cancel; /* may be NULL */
};

static inline int
output_write(const struct output *o, const void *bytes, size_t n, struct error *err)
{
	return o->sink(o->arg, bytes, n, err);
}

void *gzip_writer_open(int level, size_t threads, struct error *err);
int gzip_writer_write(void *state, const void *bytes, size_t n, const struct output *out,
                      struct error *err);
int gzip_writer_finish(void *state, const struct output *out, struct error *err);
void gzip_writer_free(void *state, bool at_once);

void *zstd_writer_open(int level, size_t threads, struct error *err);
int zstd_writer_write(void *state, const void *bytes, size_t n, const struct output *out,
                      struct error *err);
int zstd_writer_finish(void *state, const struct output *out, struct error *err);

/* AT_ONCE: does not wait for busy threads; they end with the process. */
void zstd_writer_free(void *state, bool at_once);

#endif
