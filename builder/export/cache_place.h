/*
 * cache_place: the sources and destinations of caches (--cache-from, --cache-to), one row
 * per kind.
 *
 * A cache is an image (builder/order/cache_exchange.h): it is found and fetched like a
 * base image, by the blob_place of its row's SOURCE, and written like an output. A new
 * kind is a row here, a blob_place of builder/image, and a type of output if none fits
 * (see docs/hacking.md). Options have BuildKit's syntax.
 */
#ifndef BUILDER_EXPORT_CACHE_PLACE_H
#define BUILDER_EXPORT_CACHE_PLACE_H

#include "builder/export/export.h"
#include "parser/plan.h"

struct cache_place;

/* ROW(ID, name, from, to, source, settle, is_dir, help):
 *
 *	FROM, TO   the key with the location, NULL: none (--cache-from then refuses it)
 *	SOURCE     the parser's kind for an image there
 *	SETTLE     chooses the output that writes it: a cache_settle_fn
 *	IS_DIR     the name is a directory, which contexts exclude
 */
#define CACHE_PLACES(ROW)                                                                \
	ROW(REGISTRY, "registry", "ref", "ref", CONTEXT_IMAGE, settle_registry, false,   \
	    "in a registry by the name ref=NAME, what NAME alone means")                 \
	ROW(LOCAL, "local", "src", "dest", CONTEXT_LAYOUT, settle_local, true,           \
	    "an OCI layout: src=DIR to read, dest=DIR to write")                         \
	ROW(INLINE, "inline", NULL, NULL, CONTEXT_IMAGE, settle_inline, false,           \
	    "in the image itself (--cache-from has the name of the image)")

#define CACHE_PLACE_ID(id, name, from, to, source, settle, is_dir, help) CACHE_##id,
enum cache_kind { CACHE_PLACES(CACHE_PLACE_ID) N_CACHE_KINDS };

/* What --help says, a line each. */
#define CACHE_PLACE_LINE(id, name, from, to, source, settle, is_dir, help)               \
	"\ntype=" name ": " help
#define CACHE_PLACE_HELP CACHE_PLACES(CACHE_PLACE_LINE)

struct cache_place {
	enum cache_kind kind;
	char *name; /* reference or directory; NULL: inline */
	bool all_steps, ignore_error;
	struct output output; /* to: the output that writes it */
};

/* Checks P's name and completes its output. ERR_USAGE. */
typedef int cache_settle_fn(struct cache_place *p, struct error *err);

struct cache_row {
	const char *name, *from, *to;
	enum context_kind source;
	cache_settle_fn *settle;
	bool is_dir;
};

/* By enum cache_kind. */
extern const struct cache_row cache_rows[N_CACHE_KINDS];

/* ERR_USAGE, with a hint if there is one. The caller clears OUT in any case. */
int cache_place_parse(struct cache_place *out, bool is_to, struct text value,
                      struct error *err);
void cache_place_clear(struct cache_place *p);

/* Whether a cache there is an image of its own, written separately from the outputs. */
bool cache_place_is_apart(const struct cache_place *p);

/* The directory with the cache, or NULL. */
const char *cache_place_dir(const struct cache_place *p);

#endif
