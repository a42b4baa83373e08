/*
 * index: lists of images, one for each platform, as they are in a registry, the store or
 * a layout.
 *
 * Entries are kept as JSON, with all their members. A list that several jobs change at
 * once is read, changed, stored and read again until the change is in it. Registries that
 * compare (If-Match) refuse a stale one. Most do not; there, the last look comes after a
 * pause that is longer than others need between their reading and their storing.
 */
#ifndef BUILDER_DEPOTS_INDEX_H
#define BUILDER_DEPOTS_INDEX_H

#include "builder/depots/depots.h"

struct index_options {
	const struct annotations
	        *annotations;             /* of indexes and of entries; may be NULL */
	const struct platform *platforms; /* of a source's index; none: all */
	size_t n_platforms;
	const struct platform
	        *set_platform; /* of the entries, whatever they say; or NULL */
	bool replace;          /* an entry takes the place of those of its platform */
	bool referrers;
	bool dry_run; /* nothing is copied or stored */
};

struct index_result {
	struct registry_document document; /* as it is now, or would be */
	size_t tries;
	bool unchanged;
};
void index_result_clear(struct index_result *r);

/* Adds the images of FROM to ENTRIES (an array), after they were copied to TO. *WHOLE (may be
 * NULL) gets the document itself if it is an index of which all is taken. */
int index_collect(struct depot *from, struct depot *to, const struct index_options *o,
                  json_t *entries, struct registry_document *whole, struct error *err);

/* Stores an index of ENTRIES, or WHOLE (if not empty), under TO's name. */
int index_create(struct depot *to, const json_t *entries,
                 const struct registry_document *whole, const struct index_options *o,
                 struct index_result *out, struct error *err);

/* Adds ENTRIES to the index of TO; an image there becomes its first entry, and where
 * nothing is, it is made. */
int index_append(struct depot *to, const json_t *entries, const struct index_options *o,
                 struct index_result *out, struct error *err);

/* Takes out the entries that WORDS name, by digest or platform, with what is attested of
 * them. ERR_SOURCE if a word names none. */
int
index_remove(struct depot *to, const char *const *words, size_t n,
             const struct index_options *o, struct index_result *out, struct error *err);

/* Sets the platform and the annotations of the entries that WORDS name; without words the
 * annotations of the index. */
int index_annotate(struct depot *to, const char *const *words, size_t n,
                   const struct index_options *o, struct index_result *out,
                   struct error *err);

#endif
