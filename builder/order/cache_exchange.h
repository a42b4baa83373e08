/*
 * cache_exchange: step records from and to other machines, --cache-from and --cache-to.
 *
 * A cache is an image whose layers are those of the steps, and whose config says which is
 * whose (builder/cache/cache_records.h): so it goes the ways that images go. Its layers are
 * fetched when something needs their files, if ever. Internal to order.
 */
#ifndef BUILDER_ORDER_CACHE_EXCHANGE_H
#define BUILDER_ORDER_CACHE_EXCHANGE_H

#include "builder/order/bases.h"
#include "builder/order/order.h"
#include "builder/cache/cache_records.h"
#include "builder/solve/solve.h"
#include "parser/plan.h"

/* Reads all that the request names. What is not there or no good is told as a warning and
 * left out. Images are added to BASES. */
struct cache_records *
cache_import(const struct build_request *request, const struct source_options *source,
             struct bases *bases);

/* What is to be carried out, of all platforms. */
struct cache_export {
	ARRAY(struct cache_record) all, target; /* all steps; those of images */
};

void cache_export_add(struct cache_export *c, const struct plan *plan,
                      const struct solution *solution);
void cache_export_clear(struct cache_export *c);

/* True if a layer of it cannot be had. */
bool cache_export_has_lost(const struct cache_export *c);

/* Writes it wherever the request says so. */
int cache_export_write(const struct build_request *request, const struct build_env *env,
                       struct cache_export *c, struct error *err);

/* True if IMAGE's own config is to hold the cache. */
bool cache_is_inline(const struct build_request *request, const struct plan *plan);

#endif
