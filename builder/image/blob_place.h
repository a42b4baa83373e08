/*
 * blob_place: the sources of an image's documents and layers, one row each.
 *
 *	place_registry   a registry, found by the name
 *	place_layout     an OCI layout on this machine
 *
 * All bring blobs into the store; blobs that are there already are not fetched. A row may
 * be elsewhere: builder/export/cache_place.h names places of caches, and says how a cache
 * is written there.
 */
#ifndef BUILDER_IMAGE_BLOB_PLACE_H
#define BUILDER_IMAGE_BLOB_PLACE_H

#include "builder/image/image.h"
#include "parser/plan.h"

/* The maximum size of a document; larger ones are refused. */
#define MANIFEST_SIZE_MAX ((size_t)4 << 20)
#define CONFIG_SIZE_MAX   ((size_t)16 << 20)

enum blob_role { BLOB_MANIFEST, BLOB_CONFIG, BLOB_LAYER };

struct blob_place {
	/* Looks up the image that M names, as far as the options allow. Fills in S->root
	 * and S->at, which close() frees even if this fails. */
	int (*find)(const struct source_options *options, const struct missing_base *m,
	            struct source_image *s, struct error *err);
	/* Brings D into S->store and verifies its digest. READER: see layer_fetch_fn;
	 * NULL for documents. */
	int (*fetch)(struct source_image *s, const struct descriptor *d,
	             enum blob_role role, struct growing_blob *reader, struct error *err);
	void (*close)(void *at); /* takes NULL */
	/* A registry: the name from which layers can be mounted. NULL: there is none. */
	const struct reference *(*mountable)(const void *at);
};

extern const struct blob_place place_registry, place_layout;

/* The place for images of the parser's KIND; place_registry if no other place has this kind. */
const struct blob_place *blob_place_of(enum context_kind kind);

#endif
