/*
 * annotation: --annotation and the annotation attributes of --output, and the document of
 * an image for each of them.
 *
 *	manifest              of each platform, or of one: manifest[linux/arm64]
 *	index                 of several platforms
 *	manifest-descriptor   the entry for a manifest in the index (or index.json)
 *	index-descriptor      the entry for the index in index.json
 *
 * The syntax is that of buildx and BuildKit: "[KIND[PLATFORM],…:]KEY=VALUE", and as
 * attributes "annotation[-KIND][PLATFORM].KEY".
 */
#ifndef BUILDER_EXPORT_ANNOTATION_H
#define BUILDER_EXPORT_ANNOTATION_H

#include <jansson.h>

#include "base/array.h"
#include "base/error.h"
#include "base/platform.h"
#include "base/text.h"

enum annotation_kind {
	ANNOTATION_MANIFEST,
	ANNOTATION_INDEX,
	ANNOTATION_MANIFEST_DESCRIPTOR,
	ANNOTATION_INDEX_DESCRIPTOR,
};

struct annotation {
	enum annotation_kind kind;
	bool has_platform; /* else: for all */
	struct platform platform;
	char *key, *value; /* owned */
};

struct annotations {
	ARRAY(struct annotation) list;
};

/* Adds the annotations of one --annotation. ERR_USAGE. */
int annotation_parse(struct annotations *out, struct text value, struct error *err);

/* Whether KEY is an attribute of that family; then it is added, or ERR_USAGE: 1, 0,
 * -1. */
int annotation_parse_attribute(struct annotations *out, struct text key,
                               struct text value, struct error *err);
void annotations_clear(struct annotations *a);

/* Checks that each has a place in an image of these N platforms; IS_INDEX: the image has
 * an index. ERR_USAGE. */
int annotations_check(const struct annotations *a, const struct platform *platforms,
                      size_t n, bool is_index, struct error *err);

/* Whether any is not for a manifest; Docker's media types have no place for those. */
bool annotations_need_oci(const struct annotations *a);

/* Those of KIND, for PLATFORM (NULL: those of no platform only), as an object of strings;
 * NULL: none. Of one key GIVEN counts more than OWN, one with a platform more than one
 * without. The caller owns it. */
json_t *annotations_json(const struct annotations *own, const struct annotations *given,
                         enum annotation_kind kind, const struct platform *platform);

#endif
