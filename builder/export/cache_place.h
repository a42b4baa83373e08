/*
 * cache_place: where a cache comes from or goes to, the values of --cache-from and
 * --cache-to.
 *
 *	registry   type=registry,ref=NAME, or just NAME
 *	local      type=local,src=DIR (from) or dest=DIR (to): an OCI layout
 *	inline     to: in the image's own config; from: that of an image in a registry
 *
 * Options in the form that BuildKit has; mode=max (to): all steps, not those of the
 * image only. Other kinds of places are refused.
 */
#ifndef BUILDER_EXPORT_CACHE_PLACE_H
#define BUILDER_EXPORT_CACHE_PLACE_H

#include "builder/export/export.h"

enum cache_kind { CACHE_REGISTRY, CACHE_LOCAL, CACHE_INLINE };

struct cache_place {
	enum cache_kind kind;
	char *name; /* reference or directory; NULL: inline */
	bool all_steps, ignore_error;
	struct output output; /* to: what it is written as */
};

/* ERR_USAGE, with a hint where there is one. The caller clears OUT, also then. */
int cache_place_parse(struct cache_place *out, bool is_to, struct text value,
                      struct error *err);
void cache_place_clear(struct cache_place *p);

#endif
