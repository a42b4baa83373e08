/*
 * call: answers about the Dockerfile instead of a build. Internal to order.
 *
 *	targets   the stages, from the file alone
 *	outline   what the target can be given; what base images say is looked up,
 *	          because their triggers may bring in more; for the first platform
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

/* Fills in what OUT prints and its status. A check takes a Dockerfile that is
 * only a part, with its mistake in ERR: what came before the mistake is told all
 * the same, and ERR stays set unless it became part of the answer. */
int call_answer(const struct call *c, struct build_outcome *out, struct error *err);

#endif
