/*
 * blob_put: the blobs of images on their way to a place outside of the store, several at
 * a time. The place's function is called for each; it reads the bytes as it sends them.
 * They are compared with their digest on the way: what is damaged in the store is made
 * again, or fetched, and then put once more. Internal to export.
 */
#ifndef BUILDER_EXPORT_BLOB_PUT_H
#define BUILDER_EXPORT_BLOB_PUT_H

#include "builder/export/package.h"

struct blob_source;

/* Makes SOURCE->blob present at the place that ARG is; called by several threads at once.
 * It fails with the error of blob_source_read() if that fails. */
typedef int blob_put_fn(void *arg, struct blob_source *source, struct error *err);

/* A blob that is put. All but BLOB is for blob_put.c. */
struct blob_source {
	const struct package_blob *blob;
	const struct export_options *options;
	const struct compressor *packed;
	int vertex;
	blob_put_fn *put;
	void *arg;
	int fd; /* of the blob, opened when first asked for */
	struct hasher *hasher;
	uint64_t hashed; /* bytes from the start on */
};

/* Puts all BLOBS. PACKED: the form of layers that are made again. */
int blobs_put(const struct export_options *options, const struct package_blobs *blobs,
              const struct compressor *packed, int vertex, blob_put_fn *put, void *arg,
              struct error *err);

/* The N bytes at OFFSET: their number, or -1. Earlier ones may be asked for again. */
ssize_t
blob_source_read(void *source, uint64_t offset, void *bytes, size_t n, struct error *err);

/* Shows that DONE of TOTAL bytes are there. */
void blob_source_progress(void *source, uint64_t done, uint64_t total);

#endif
