/*
 * bases: makes a plan, looking up the images it lacks until nothing is missing.
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

/* The complete plan, or NULL: for each platform what OPTIONS, N of them, say of it, in
 * one (plan_join()). Images that are new are looked up in parallel and added to BASES,
 * which must outlive the plan. */
struct plan *
bases_plan(struct dockerfile *df, const struct plan_options *options, size_t n,
           const struct source_options *source, struct bases *bases, struct error *err);

/* The warnings that come from what is known in BASES, see plan_check(). */
struct plan *bases_check(struct dockerfile *df, const struct plan_options *options,
                         const struct bases *bases, struct error *err);
void bases_clear(struct bases *b);
#define auto_bases __attribute__((cleanup(bases_clear)))

#endif
