/*
 * cache_records: cache records for other machines, stored in an image config:
 *
 *	"cooper.cache": {"version": 1, "records": [
 *		{"key": "3f…", "created": "2026-…", "layer": 2}, …]}
 *
 * "layer" is an index into the config's diff_ids; without it the step added no layer. The
 * image may be a normal image with an inline cache, or an image that is only a cache.
 * Keys are hashes: the preimages are not exported.
 */
#ifndef BUILDER_CACHE_CACHE_RECORDS_H
#define BUILDER_CACHE_CACHE_RECORDS_H

#include <jansson.h>

#include "builder/cache/cache.h"

/* A step that was done. */
struct cache_record {
	struct digest key;
	struct record record;
};

/* The value of the member for RECORDS. Records whose layers are not in LAYERS are left
 * out. */
json_t *cache_records_write(const struct cache_record *records, size_t n,
                            struct layer *const *layers, size_t n_layers);

/* Adds the value, which it takes, as "cooper.cache" to the text of a config. Returns the
 * new text, which the caller frees, or NULL with ERR: CONFIG is not an object. */
char *cache_records_add(const char *config, json_t *taken, struct error *err);

/* Records that were read, by key. */
struct cache_records;
struct cache_records *cache_records_new(void);
void cache_records_free(struct cache_records *p); /* takes NULL */

/* Adds the records of CONFIG, whose layers are LAYERS. Returns their number, or -1 if
 * CONFIG is invalid. An existing record with the same key stays. */
ssize_t
cache_records_read(struct cache_records *p, const json_t *config,
                   struct layer *const *layers, size_t n_layers, struct error *err);

/* P may be NULL. A record whose layer is not available does not count. */
bool cache_records_find(const struct cache_records *p, const struct digest *key,
                        struct record *out);

#endif
