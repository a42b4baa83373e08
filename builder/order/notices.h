/*
 * notices: what a build says besides its result: the warnings of the plan, build
 * arguments that nothing uses, and what a warning has to do with a failure.
 */
#ifndef BUILDER_ORDER_NOTICES_H
#define BUILDER_ORDER_NOTICES_H

#include "base/error.h"
#include "builder/order/order.h"
#include "parser/dockerfile.h"
#include "parser/plan.h"

/* Emits the warnings of PLAN. */
void notices_warn(const struct plan *plan);

/* Warns of each build argument of REQUEST that DF does not declare and that has no
 * meaning of its own. */
void
notices_unused_args(const struct build_request *request, const struct dockerfile *df);

/* Adds a hint to ERR if a variable of the instruction that failed is not set. */
void notices_advise(const struct plan *plan, struct error *err);

#endif
