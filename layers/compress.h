/*
 * compress: compresses layers for export.
 */
#ifndef LAYERS_COMPRESS_H
#define LAYERS_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cancel.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "base/text.h"
#include "layers/layers.h"

/* The number of all that decides the bytes of a layer: docs/output-profile.md. */
#define OUTPUT_PROFILE 2

enum compression { COMPRESS_NONE, COMPRESS_GZIP, COMPRESS_ZSTD };

#define COMPRESS_LEVEL_DEFAULT (-100)

struct compressor {
	enum compression kind;
	int level;      /* COMPRESS_LEVEL_DEFAULT: that of the profile */
	size_t threads; /* 0: as many as CPUs; never changes the bytes */
};

/* "gzip", "zstd", "uncompressed". */
bool compression_parse(struct text t, enum compression *out);
const char *compression_media_type(enum compression kind, bool docker);

/* ERR_USAGE if C's level is invalid for its kind. */
int compressor_check(const struct compressor *c, struct error *err);

/* The layer's tar compressed as C says, as a blob in the store: made once and
 * remembered as (diffID, kind, level). For a pulled layer the blob as pulled,
 * unless FORCE. Descriptor with OCI media type. */
int
layer_compress(struct layer *l, const struct compressor *c, bool force,
               const struct cancel *cancel, struct descriptor *out, struct error *err);

/* Call it if BLOB, which layer_compress() gave for L and C, does not match its digest:
 * removes BLOB and fetches or makes it again. */
int
layer_remake(struct layer *l, const struct compressor *c, const struct descriptor *blob,
             const struct cancel *cancel, struct error *err);

#endif
