/*
 * part: a blob that is being written.
 */
#ifndef LAYERS_PART_H
#define LAYERS_PART_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
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

#endif
