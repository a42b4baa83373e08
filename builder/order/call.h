/*
 * call: answers questions about the Dockerfile instead of building. Internal to order.
 *
 *	targets   the stages, from the file alone
 *	outline   the inputs that the target accepts; base images are looked up,
 *	          because their triggers may add inputs; for the first platform
 *	check     warnings about all stages, or about what --target needs; for all
 *	          platforms, each once
 */
#ifndef BUILDER_ORDER_CALL_H
#define BUILDER_ORDER_CALL_H

#include "builder/order/bases.h"
#include "builder/order/order.h"
#include "parser/dockerfile.h"
#include "parser/plan.h"

struct call {
	const struct build_request *request;
	struct dockerfile *df;
	const struct plan_options *options; /* one for each platform */
	size_t n_options;
	struct source_options source;
	struct bases *bases;
};

/* Fills in the text and the status of OUT. A check also accepts a Dockerfile that
 * was parsed only up to a mistake, which is in ERR: it reports the warnings before
 * the mistake, and ERR stays set unless it became part of the answer. */
int call_answer(const struct call *c, struct build_outcome *out, struct error *err);

#endif
