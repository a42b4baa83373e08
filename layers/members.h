/*
 * members: compressed members of earlier layers, found again by their content.
 *
 * The store has one list for each format and level, members/gzip-4: for every member of
 * the blobs made lately the digest of its plain bytes, its place, and a checksum of its
 * compressed bytes, which finds damage of the disk. So a blob is the same as if all of it
 * had been compressed anew. Any error means: compress it.
 *
 *	"cooper-members-2\n\0"
 *	u32 count  blob: sha256 (32)
 *	u32 count  member: plain sha256 (32)  u64 offset  u32 size  u32 CRC-32
 *	                   u32 blob  u32 0          sorted by the first
 *	CRC-32 (base/sealed.h)
 */
#ifndef LAYERS_MEMBERS_H
#define LAYERS_MEMBERS_H

#include <stddef.h>

#include "base/digest.h"
#include "layers/layers.h"

struct members;

/* NAME ("gzip-4") is copied. Nothing is read before the first members_take(). */
struct members *members_open(struct store *st, const char *name);

/* The compressed bytes of the member with the digest PLAIN into TO, which has ROOM bytes.
 * Returns their number, 0 if it is not known. Any thread. */
size_t members_take(struct members *m, const struct digest *plain, char *to, size_t room);

/* The next member of the blob that is being written. One thread. */
void
members_add(struct members *m, const struct digest *plain, const void *bytes, size_t n);

/* The members added before, if any, are in the blob BLOB now. A failure is a warning. */
void members_keep(struct members *m, const struct digest *blob);
void members_free(struct members *m); /* takes NULL */

static inline void
own_members(struct members **m)
{
	members_free(*m);
	*m = NULL;
}
#define auto_members __attribute__((cleanup(own_members)))

#endif
