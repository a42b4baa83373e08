/*
 * portable: cache records that travel between machines, inside of an image config:
 *
 *	"cooper.cache": {"version": 1, "records": [
 *		{"key": "3f…", "created": "2026-…", "layer": 2}, …]}
 *
 * "layer" counts in the config's diff_ids; without it the step added none. A config
 * whose layers are the target's is that of an image with inline cache, else its image
 * is nothing but a cache. Keys are hashes: what they were made of stays at home.
 */
#ifndef BUILDER_CACHE_PORTABLE_H
#define BUILDER_CACHE_PORTABLE_H

#include <jansson.h>

#include "builder/cache/cache.h"

/* A step that was done. */
struct portable_record {
	struct digest key;
	struct record record;
};

/* The member's value for RECORDS, whose layers are among LAYERS; those with others are
 * left out. */
json_t *portable_write(const struct portable_record *records, size_t n,
                       struct layer *const *layers, size_t n_layers);

/* Adds it as "cooper.cache" to the text of a config. The new text, or NULL if CONFIG is
 * no object; caller frees. */
char *portable_add(const char *config, json_t *taken);

/* Records that were read, by key. */
struct portable;
struct portable *portable_new(void);
void portable_free(struct portable *p); /* takes NULL */

/* Adds the records of CONFIG, whose layers are LAYERS: how many, or -1 if it holds
 * something that it should not. One that is there already stays. */
ssize_t portable_read(struct portable *p, const json_t *config,
                      struct layer *const *layers, size_t n_layers, struct error *err);

/* P may be NULL. A record whose layer cannot be had is none. */
bool
portable_find(const struct portable *p, const struct digest *key, struct record *out);

#endif
