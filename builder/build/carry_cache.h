/*
 * carry_cache: step records from and to other machines, --cache-from and --cache-to.
 *
 * A cache is an image whose layers are those of the steps, and whose config says which is
 * whose (builder/cache/portable.h): so it goes the ways that images go. Its layers are
 * fetched when something needs their files, if ever. Internal to build.
 */
#ifndef BUILDER_BUILD_CARRY_CACHE_H
#define BUILDER_BUILD_CARRY_CACHE_H

#include "builder/build/bases.h"
#include "builder/build/build.h"
#include "builder/cache/portable.h"
#include "builder/solve/solve.h"

/* Reads all that the request names. What is not there or no good is told as a warning and
 * left out. Images are added to BASES. */
struct portable *carry_cache_in(const struct build_request *request,
                                const struct source_options *source, struct bases *bases);

/* What is to be carried out, of all platforms. */
struct carried {
	ARRAY(struct portable_record) all, target; /* all steps; those of images */
};

void
carried_add(struct carried *c, const struct plan *plan, const struct solution *solution);
void carried_clear(struct carried *c);

/* True if a layer of it cannot be had. */
bool carried_has_lost(const struct carried *c);

/* Writes it wherever the request says so. */
int carry_cache_out(const struct build_request *request, const struct build_env *env,
                    struct carried *c, struct error *err);

/* True if IMAGE's own config is to hold the cache. */
bool carry_cache_inline(const struct build_request *request, const struct plan *plan);

#endif
