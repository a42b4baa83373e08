/*
 * cache_records: cache records that travel between machines, inside of an image config:
 *
 *	"cooper.cache": {"version": 1, "records": [
 *		{"key": "3f…", "created": "2026-…", "layer": 2}, …]}
 *
 * "layer" counts in the config's diff_ids; without it the step added none. A config
 * whose layers are the target's is that of an image with inline cache, else its image
 * is nothing but a cache. Keys are hashes: what they were made of stays at home.
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

/* The member's value for RECORDS, whose layers are among LAYERS; those with others are
 * left out. */
json_t *cache_records_write(const struct cache_record *records, size_t n,
                            struct layer *const *layers, size_t n_layers);

/* Adds it as "cooper.cache" to the text of a config. The new text, or NULL if CONFIG is
 * no object; caller frees. */
char *cache_records_add(const char *config, json_t *taken);

/* Records that were read, by key. */
struct cache_records;
struct cache_records *cache_records_new(void);
void cache_records_free(struct cache_records *p); /* takes NULL */

/* Adds the records of CONFIG, whose layers are LAYERS: how many, or -1 if it holds
 * something that it should not. One that is there already stays. */
ssize_t
cache_records_read(struct cache_records *p, const json_t *config,
                   struct layer *const *layers, size_t n_layers, struct error *err);

/* P may be NULL. A record whose layer cannot be had is none. */
bool cache_records_find(const struct cache_records *p, const struct digest *key,
                        struct record *out);

#endif
