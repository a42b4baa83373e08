/*
 * blob_place: where the documents and layers of an image come from, a row each. Internal
 * to image.
 *
 *	place_registry   a registry, by what a name says
 *	place_layout     an OCI layout on this machine
 *
 * All end in the store: what is there already is asked of no place. How a cache is written
 * to one is said in builder/export/cache_place.h.
 */
#ifndef BUILDER_IMAGE_BLOB_PLACE_H
#define BUILDER_IMAGE_BLOB_PLACE_H

#include "builder/image/image.h"
#include "parser/plan.h"

/* Documents that registries serve; larger ones are refused. */
#define MANIFEST_SIZE_MAX ((size_t)4 << 20)
#define CONFIG_SIZE_MAX   ((size_t)16 << 20)

enum blob_role { BLOB_MANIFEST, BLOB_CONFIG, BLOB_LAYER };

struct blob_place {
	enum context_kind kind; /* how the parser says that an image is there */
	/* What M names, as far as the options allow: fills in S->root, and what of S fetch()
	 * needs. */
	int (*find)(const struct source_options *options, const struct missing_base *m,
	            struct source_image *s, struct error *err);
	/* Brings D into S->store, compared with its digest. READER: see layer_fetch_fn; NULL
	 * for documents. */
	int (*fetch)(struct source_image *s, const struct descriptor *d,
	             enum blob_role role, struct growing_blob *reader, struct error *err);
	/* Whether registries know it: layers can be mounted from there by S->ref. */
	bool has_ref;
};

extern const struct blob_place place_registry, place_layout;

/* That of KIND; a registry's, unless another place has it. */
const struct blob_place *blob_place_of(enum context_kind kind);

#endif
