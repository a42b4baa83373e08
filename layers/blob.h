/*
 * blob: verified content by digest; part: one being written.
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

struct part;

/* A file in tmp/ that becomes a blob. Written bytes are hashed as they come. */
struct part *part_new(struct store *st, struct error *err);

/* The same without hashing: the caller verifies the bytes and passes their digest to
 * part_keep(). READER (may be NULL, borrowed) gets the bytes as they are written. */
struct growing_blob;
struct part *
part_new_verified(struct store *st, struct growing_blob *reader, struct error *err);
int part_write(struct part *p, const void *bytes, size_t n, struct error *err);

/* Discards the written bytes, which were damaged. A reader gets the end. */
int part_restart(struct part *p, struct error *err);
int part_fd(struct part *p); /* for reading back; borrowed */
uint64_t part_size(const struct part *p);

/* Checks WANT (if not NULL: ERR_DAMAGED unless equal) and gives the file its
 * name; it replaces an existing blob. P is freed, also on failure. */
int part_keep(struct part *p, const struct digest *want, struct digest *got,
              struct error *err);
void part_drop(struct part *p); /* takes NULL */

static inline void
own_part(struct part **p)
{
	part_drop(*p);
	*p = NULL;
}
#define auto_part __attribute__((cleanup(own_part)))

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
