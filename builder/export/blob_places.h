/*
 * blob_places: which repositories of a registry have which blobs, as far as we put them
 * there. A blob that another repository of the same registry has is mounted, not sent
 * (distribution-spec 1.1, "Mounting a blob from another repository").
 *
 * The store has one file for each host, seen/<hash of the host>. It only saves bytes: what
 * the registry has lost meanwhile is sent.
 *
 *	"cooper-seen-1\n\0"
 *	u32 count  repository: u32 length  text
 *	u32 count  blob: sha256 (32)  u32 repository     the latest first
 *	CRC-32 (base/sealed.h)
 */
#ifndef BUILDER_EXPORT_BLOB_PLACES_H
#define BUILDER_EXPORT_BLOB_PLACES_H

#include "base/digest.h"
#include "layers/layers.h"

struct blob_places;

/* Never NULL. HOST is copied. */
struct blob_places *blob_places_open(struct store *st, const char *host);

/* A repository other than REPO that has the blob, or NULL. Valid until the end of P; any
 * thread. */
const char *blob_places_find(const struct blob_places *p, const struct digest *blob,
                             const char *repo);

/* REPO has the blob now. Any thread. */
void blob_places_add(struct blob_places *p, const struct digest *blob, const char *repo);

/* Writes what was added to the store. A failure is a warning. */
void blob_places_keep(struct blob_places *p);
void blob_places_free(struct blob_places *p); /* takes NULL */

static inline void
own_blob_places(struct blob_places **p)
{
	blob_places_free(*p);
	*p = NULL;
}
#define auto_blob_places __attribute__((cleanup(own_blob_places)))

#endif
