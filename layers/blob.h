/*
 * blob: verified content by digest. layers/part.h: one being written.
 */
#ifndef LAYERS_BLOB_H
#define LAYERS_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "layers/layers.h"
#include "layers/part.h"

bool
blob_has(struct store *st, const struct digest *d, uint64_t *size); /* size may be NULL */
int blob_open(struct store *st, const struct digest *d, struct error *err);
int blob_read(struct store *st, const struct digest *d, size_t max, struct buf *out,
              struct error *err);
int blob_write(struct store *st, const void *bytes, size_t n, struct digest *out,
               struct error *err); /* writes nothing if it exists undamaged */

/* Reads all of D and verifies it. Returns 1 if it matches its digest. Returns 0 if it
 * does not exist, or did not match and was removed with a warning. -1: cancelled or
 * unreadable. */
int blob_check(struct store *st, const struct digest *d, const struct cancel *cancel,
               struct error *err);

/* Removes the damaged blob D. Open descriptors keep working. */
void blob_drop(struct store *st, const struct digest *d);

#endif
