/*
 * depots: whole images where they are, in registries, in the store, in layouts and
 * archives: copied, joined to indexes, compared, put on another base.
 *
 *	depot_open    "docker://app:1", "oci:DIR:1", "store:app" → a place
 *	image_copy    an image from place to place, blob by blob, without a copy on the disk
 *	index_*       lists of images for several platforms
 *
 * Further public headers:
 *
 *	builder/depots/copy.h    from place to place
 *	builder/depots/index.h   lists of images: read, made, changed together with others
 *	builder/depots/diff.h    what two images differ in
 *	builder/depots/rebase.h  the same layers on another base
 *
 * Documents travel byte for byte, so digests stay. All content is compared with its digest
 * on its way.
 */
#ifndef BUILDER_DEPOTS_DEPOTS_H
#define BUILDER_DEPOTS_DEPOTS_H

#include "builder/export/export.h"
#include "builder/export/transport.h"
#include "registry/registry.h"

/* One document is at most this large. */
#define DEPOT_DOCUMENT_MAX ((size_t)4 << 20)

/* Objects and members of one document. */
#define DEPOT_VALUES_MAX 100000

struct depot;

enum depot_use {
	DEPOT_READ,
	DEPOT_WRITE,
	DEPOT_CHANGE, /* both: registries, the store and layouts */
};

/* Where a word without a transport leads. */
enum depot_bare {
	BARE_REGISTRY, /* always a registry */
	BARE_EITHER,   /* the store if it has a name without a host, else a registry */
	BARE_STORE,    /* the store */
};

/* The host of WORD if it is in a registry, else NULL. Caller frees. ERR says why WORD
 * cannot be read. */
char *depot_host(const char *word, enum depot_bare bare, struct error *err);

/* Opens WORD: a transport's (builder/export/transport.h), "store:NAME", or bare. OPTIONS
 * (store, registry, cancel) must outlive the place. NULL with ERR: ERR_USAGE. Nothing is
 * asked of a registry yet. Caller closes. */
struct depot *depot_open(const char *word, enum depot_use use, enum depot_bare bare,
                         const struct export_options *options, struct error *err);
void depot_close(struct depot *p); /* takes NULL; drops what was not finished */

static inline void
own_depot(struct depot **p)
{
	depot_close(*p);
	*p = NULL;
}
#define auto_depot __attribute__((cleanup(own_depot)))

/* The name of P for people: "host/repo:tag", "oci:DIR:1". Borrowed. */
const char *depot_shown(const struct depot *p);

/* The document that P's word names. ERR_SOURCE if there is none. The caller clears OUT, also
 * after a failure. */
int depot_find(struct depot *p, struct registry_document *out, struct error *err);

/* Appends the manifest or index D of P, verified. */
int depot_document(struct depot *p, const struct descriptor *d, struct buf *out,
                   struct error *err);

/* Appends the blob D of P, at most MAX bytes, verified. */
int depot_bytes(struct depot *p, const struct descriptor *d, size_t max, struct buf *out,
                struct error *err);

/* The image of a place, read down to its config. */
struct depot_image {
	struct registry_document root; /* what the word names */
	bool is_index;
	struct descriptor
	        manifest; /* for the platform; root's, unless that is an index */
	struct buf manifest_text;
	struct manifest document; /* the manifest, read */
	struct buf config_text;
	json_t *config;
};

/* Reads the image for PLATFORM (NULL: this machine's, or the only one of an index). The
 * caller clears OUT, also after a failure. */
int depot_image(struct depot *p, const struct platform *platform, struct depot_image *out,
                struct error *err);
void depot_image_clear(struct depot_image *image);
#define auto_depot_image __attribute__((cleanup(depot_image_clear)))

/* A document as JSON, within limits. A new reference, NULL with ERR. */
json_t *depot_json(struct text bytes, const char *where, struct error *err);

/* Whether DOCUMENT lists manifests. A document that is also a manifest is ERR_DAMAGED. */
int
depot_is_index(const json_t *document, const char *where, bool *out, struct error *err);

/* The name of a referrer: an SBOM, a signature. Borrowed from its list. */
const char *depot_referrer_kind(const json_t *entry);

#endif
