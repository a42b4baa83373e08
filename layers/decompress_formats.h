/*
 * decompress_formats: code that the formats share, and each format's functions.
 */
#ifndef LAYERS_DECOMPRESS_FORMATS_H
#define LAYERS_DECOMPRESS_FORMATS_H

#include <stdint.h>

#include "layers/decompress.h"

/* A file's bytes, a piece at a time. */
struct input {
	int fd;
	struct growing_blob *blob; /* instead of it, if not NULL */
	uint8_t *bytes;
	size_t at, n; /* [at, n) were not used yet */
	bool ended;   /* nothing comes after n */
};

/* Makes at least one byte available: 1, 0 at the end, -1. */
int input_fill(struct input *in, struct error *err);

static inline size_t
input_left(const struct input *in)
{
	return in->n - in->at;
}

/* One compressed format. read() returns like decompressor_read(). */
struct decompress_format {
	const char *name;
	const char *magic;
	size_t n_magic;
	void *(*open)(const struct decompress_format *f, struct input *in,
	              struct error *err);
	ssize_t (*read)(void *state, struct input *in, void *bytes, size_t n,
	                struct error *err);
	void (*close)(void *state); /* takes NULL */
	int filter;                 /* libarchive's number */
};

void *
gzip_reader_open(const struct decompress_format *f, struct input *in, struct error *err);
ssize_t
gzip_reader_read(void *state, struct input *in, void *bytes, size_t n, struct error *err);
void gzip_reader_close(void *state);

void *
zstd_reader_open(const struct decompress_format *f, struct input *in, struct error *err);
ssize_t
zstd_reader_read(void *state, struct input *in, void *bytes, size_t n, struct error *err);
void zstd_reader_close(void *state);

void *archive_reader_open(const struct decompress_format *f, struct input *in,
                          struct error *err);
ssize_t archive_reader_read(void *state, struct input *in, void *bytes, size_t n,
                            struct error *err);
void archive_reader_close(void *state);

#endif
