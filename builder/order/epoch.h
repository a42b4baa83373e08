/*
 * epoch: SOURCE_DATE_EPOCH as a build sees it. Internal to order.
 *
 *	1700000000     these seconds
 *	context        the main context's: the time of its commit, of the file behind its
 *	               URL, or none if it is a directory of this machine
 *	NAME           of a --build-context from elsewhere, likewise
 *	STAGE          of a stage that is FROM scratch and one ADD from elsewhere
 */
#ifndef BUILDER_ORDER_EPOCH_H
#define BUILDER_ORDER_EPOCH_H

#include <stdint.h>

#include "builder/order/bases.h"
#include "builder/order/order.h"
#include "builder/order/input.h"
#include "builder/order/remote.h"
#include "parser/dockerfile.h"
#include "parser/plan.h"

/* Seconds, or -1 if TEXT is absent (p NULL) or empty. */
int epoch_parse(struct text text, int64_t *out, struct error *err);

/* Whether TEXT is neither a number nor empty, so that it must be looked up. */
bool epoch_is_name(struct text text);

struct epoch_places {
	struct dockerfile *df;
	const struct plan_options *options; /* of the build */
	const struct build_input *input;
	const struct remote *remote;
	const struct source_options *source;
	struct bases *bases;
};

/* The seconds that NAME stands for, -1: none. ERR_DOCKERFILE if it stands for nothing. */
int epoch_find(const struct epoch_places *places, struct text name, int64_t *out,
               struct error *err);

/* What the outputs of REQUEST say of it: 1 and *OUT (-1: none), 0 nothing. Layers are
 * made once, so all outputs with layers must say the same; ERR_USAGE. */
int
epoch_of_outputs(const struct build_request *request, int64_t *out, struct error *err);

#endif
