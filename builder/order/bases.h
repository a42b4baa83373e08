/*
 * bases: makes a plan and looks up base images until nothing is missing.
 * Internal to order.
 */
#ifndef BUILDER_ORDER_BASES_H
#define BUILDER_ORDER_BASES_H

#include "base/array.h"
#include "builder/image/image.h"
#include "parser/dockerfile.h"
#include "parser/plan.h"

struct bases {
	ARRAY(struct source_image *) images; /* owned */
};

/* The complete plan, or NULL. Makes one plan for each of the N OPTIONS (one per platform)
 * and joins them (plan_join()). Looks up new images in parallel and adds them to BASES,
 * which must outlive the plan. */
struct plan *
bases_plan(struct dockerfile *df, const struct plan_options *options, size_t n,
           const struct source_options *source, struct bases *bases, struct error *err);

/* The warnings that depend on the images in BASES, see plan_check(). */
struct plan *bases_check(struct dockerfile *df, const struct plan_options *options,
                         const struct bases *bases, struct error *err);
void bases_clear(struct bases *b);
#define auto_bases __attribute__((cleanup(bases_clear)))

#endif
