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
#include "base/text.h"
#include "base/error.h"
#include "layers/layers.h"

struct part;

/* A file in tmp/ that becomes a blob. Written bytes are hashed as they come. */
struct part *part_new(struct store *st, struct error *err);

/* The same, but not hashed: who writes the bytes verifies them, and part_keep() gets
 * their digest. READER (may be NULL, borrowed) sees them as they come. */
struct growing_blob;
struct part *
part_new_verified(struct store *st, struct growing_blob *reader, struct error *err);
int part_write(struct part *p, const void *bytes, size_t n, struct error *err);

/* Forgets what was written: it was damaged. A reader is told that no more will come. */
int part_restart(struct part *p, struct error *err);
int part_fd(struct part *p); /* for reading back; borrowed */
uint64_t part_size(const struct part *p);

/* Checks WANT (if not NULL: ERR_DAMAGED unless equal) and gives the file its
 * name, in place of a blob that is there already. P is freed, also on failure. */
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
               struct error *err); /* nothing is written if it is there, and sound */

/* Reads all of D: 1 it is what its name says, 0 it is not, and was removed with a warning,
 * or is not there; -1 cancelled, or it cannot be read. */
int blob_check(struct store *st, const struct digest *d, const struct cancel *cancel,
               struct error *err);

/* Removes D, which was found to be damaged. Who has it open keeps what it has. */
void blob_drop(struct store *st, const struct digest *d);

#endif
