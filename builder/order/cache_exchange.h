/*
 * cache_exchange: imports and exports step records, --cache-from and --cache-to.
 *
 * A cache is an image that contains the layers of steps; its config says which layer
 * belongs to which step (builder/cache/cache_records.h). So it is pushed and pulled like
 * any image. A layer is fetched only when something needs its files. Internal to order.
 */
#ifndef BUILDER_ORDER_CACHE_EXCHANGE_H
#define BUILDER_ORDER_CACHE_EXCHANGE_H

#include "builder/cache/cache_records.h"
#include "builder/order/bases.h"
#include "builder/order/order.h"
#include "builder/solve/solve.h"
#include "parser/plan.h"

/* Reads all caches of the request. A missing or invalid cache is left out with a warning.
 * Adds images to BASES. */
struct cache_records *
cache_import(const struct build_request *request, const struct source_options *source,
             struct bases *bases);

/* The records to export, of all platforms. */
struct cache_export {
	ARRAY(struct cache_record) all, target; /* all steps; those of images */
};

void cache_export_add(struct cache_export *c, const struct plan *plan,
                      const struct solution *solution);
void cache_export_clear(struct cache_export *c);

/* True if one of its layers is not available. */
bool cache_export_has_lost(const struct cache_export *c);

/* Writes the cache to all places of the request. */
int cache_export_write(const struct build_request *request, const struct build_env *env,
                       struct cache_export *c, struct error *err);

/* True if the config of IMAGE will contain the cache. */
bool cache_is_inline(const struct build_request *request, const struct plan *plan);

#endif
