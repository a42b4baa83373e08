/*
 * finish: from solved steps to images, and the small files that name them.
 * Internal to order.
 */
#ifndef BUILDER_ORDER_FINISH_H
#define BUILDER_ORDER_FINISH_H

#include "builder/order/order.h"
#include "base/failures.h"
#include "builder/solve/solve.h"
#include "parser/plan.h"

struct finish_options {
	const struct build_env *env;
	const struct plan *plan;
	const struct solution *solution;
	/* What layers become (tars: COMPRESS_NONE), as which they will be exported;
	 * NULL: their digests do not matter. */
	const struct compressor *packed;
	bool inline_cache; /* the config says which steps made the layers */
};

/* The images of a plan out of its solved steps: IMAGES has room for plan_n_images(), each
 * of them empty, to be cleared by image_clear(), also on failure. */
int finish_images(const struct finish_options *options, struct image *images,
                  struct error *err);

/* --iidfile, --metadata-file and --digest-file of REQUEST, which are open. NAMES are the
 * tags. HAS_ROOT: all outputs that have a digest were written; else the image has an id
 * only. */
void finish_files(const struct build_request *request,
                  const struct build_outcome *outcome, const struct reference *names,
                  size_t n_names, bool has_root, struct failures *failures);

#endif
