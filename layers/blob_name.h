/*
 * blob_name: files whose names are the digests of their content.
 *
 *	blobs/sha256/e3b0c442…
 *
 * A blob gets its name when its bytes were written and hashed, and is never
 * written to again. Its data is not synced: see store_state.h for what happens after
 * a crash of the machine. Using one marks it as used for the collector.
 */
#ifndef LAYERS_BLOB_NAME_H
#define LAYERS_BLOB_NAME_H

#include <stdbool.h>

#include "base/digest.h"
#include "layers/layers.h"

#define BLOB_NAME_MAX (sizeof "blobs/sha512/" + DIGEST_HEX_MAX)

/* "blobs/sha256/…" below the root. Returns OUT. */
char *blob_name(const struct digest *d, char out[BLOB_NAME_MAX]);

/* Reads FD to its end: true if NAME is the SHA-256 of it in hex. */
bool blob_name_fits(int fd, const char *name, struct error *err);

/* The digest of the rest of FD in the algorithm of ALG. */
int blob_digest_fd(int fd, enum digest_alg alg, struct digest *out, struct error *err);

#endif
