/*
 * cache_place: the sources and destinations of caches (--cache-from, --cache-to), one row
 * per kind.
 *
 * A cache is an image (builder/order/cache_exchange.h): it is found and fetched like a
 * base image, from a blob_place, and written like an output. All that cooper knows of a
 * kind is its struct cache_row; a new kind is a file that defines one, and a line in
 * CACHE_PLACES (see docs/hacking.md). Options have BuildKit's syntax.
 */
#ifndef BUILDER_EXPORT_CACHE_PLACE_H
#define BUILDER_EXPORT_CACHE_PLACE_H

#include "builder/export/export.h"

/* ROW(ID, name, help): the kind CACHE_ID, type=NAME, whose row is cache_NAME. */
#define CACHE_PLACES(ROW)                                                                \
	ROW(REGISTRY, registry, "in a registry, as ref=NAME; the meaning of NAME alone") \
	ROW(LOCAL, local, "an OCI layout: src=DIR to read, dest=DIR to write")           \
	ROW(INLINE, inline,                                                              \
	    "in the image itself (for --cache-from, the name of the image)")

#define CACHE_PLACE_ID(id, name, help) CACHE_##id,
enum cache_kind { CACHE_PLACES(CACHE_PLACE_ID) N_CACHE_KINDS };

/* What --help says, a line each. */
#define CACHE_PLACE_LINE(id, name, help) "\ntype=" #name ": " help
#define CACHE_PLACE_HELP                 CACHE_PLACES(CACHE_PLACE_LINE)

struct cache_place {
	enum cache_kind kind;
	char *name; /* reference or directory; NULL: inline */
	bool all_steps, ignore_error;
	struct output output; /* to: the output that writes it */
};

/* Checks P's name and completes its output for the row's write(). ERR_USAGE. */
typedef int cache_settle_fn(struct cache_place *p, struct error *err);

struct blob_place;

struct cache_row {
	const char *from, *to; /* the key with the location; NULL: none, it is refused */
	/* Where it is read from, under cache_place.name. */
	const struct blob_place *place;
	cache_settle_fn *settle;
	output_write_fn *write; /* of cache_place.output; NULL: not written apart */
	bool is_dir;            /* the name is a directory, which contexts exclude */
};

#define CACHE_PLACE_ROW(id, name, help) extern const struct cache_row cache_##name;
CACHE_PLACES(CACHE_PLACE_ROW)

const struct cache_row *cache_row_of(const struct cache_place *p);

/* ERR_USAGE, with a hint if there is one. The caller clears OUT in any case. */
int cache_place_parse(struct cache_place *out, bool is_to, struct text value,
                      struct error *err);
void cache_place_clear(struct cache_place *p);

/* Whether a cache there is an image of its own, written separately from the outputs. */
bool cache_place_is_apart(const struct cache_place *p);

/* The directory with the cache, or NULL. */
const char *cache_place_dir(const struct cache_place *p);

#endif
