/*
 * finish: makes images from solved steps, and the small files that name them.
 * Internal to order.
 */
#ifndef BUILDER_ORDER_FINISH_H
#define BUILDER_ORDER_FINISH_H

#include "base/failures.h"
#include "builder/order/order.h"
#include "builder/solve/solve.h"
#include "parser/plan.h"

struct finish_options {
	const struct build_env *env;
	const struct plan *plan;
	const struct solution *solution;
	/* The form in which layers will be exported (tars: COMPRESS_NONE); NULL: their
	 * digests do not matter. */
	const struct compressor *packed;
	bool inline_cache; /* put the cache records into the config */
	enum squash squash;
	bool omits_history;
};

/* Makes the images of a plan from its solved steps. IMAGES has room for plan_n_images()
 * empty images; the caller clears them with image_clear(), also on failure. */
int finish_images(const struct finish_options *options, struct image *images,
                  struct error *err);

/* Writes --iidfile, --metadata-file and --digest-file of REQUEST, which are open. NAMES
 * are the tags. HAS_ROOT: all outputs with a digest were written; else the image has only
 * an id. */
void finish_files(const struct build_request *request,
                  const struct build_outcome *outcome, const struct reference *names,
                  size_t n_names, bool has_root, struct failures *failures);

#endif
