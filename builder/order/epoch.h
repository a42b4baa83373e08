/*
 * epoch: the meaning of SOURCE_DATE_EPOCH. Internal to order.
 *
 *	1700000000     seconds since 1970
 *	context        the time of the main context: of its commit, or of the file at its
 *	               URL; none if it is a local directory
 *	NAME           the same for a remote --build-context
 *	STAGE          the same for a stage with FROM scratch and one remote ADD
 */
#ifndef BUILDER_ORDER_EPOCH_H
#define BUILDER_ORDER_EPOCH_H

#include <stdint.h>

#include "builder/order/bases.h"
#include "builder/order/input.h"
#include "builder/order/order.h"
#include "builder/order/remote.h"
#include "parser/dockerfile.h"
#include "parser/plan.h"

/* Seconds, or -1 if TEXT is absent (p NULL) or empty. */
int epoch_parse(struct text text, int64_t *out, struct error *err);

/* Whether TEXT is a name to look up: neither a number nor empty. */
bool epoch_is_name(struct text text);

struct epoch_places {
	struct dockerfile *df;
	const struct plan_options *options; /* of the build */
	const struct build_input *input;
	const struct remote *remote;
	const struct source_options *source;
	struct bases *bases;
};

/* The seconds that NAME means, -1: none. ERR_DOCKERFILE if NAME is unknown. */
int epoch_find(const struct epoch_places *places, struct text name, int64_t *out,
               struct error *err);

/* The epoch that the outputs of REQUEST set: 1 and *OUT (-1: none), or 0 if they set
 * none. All outputs share the layers, so all outputs with layers must agree; else
 * ERR_USAGE. */
int
epoch_of_outputs(const struct build_request *request, int64_t *out, struct error *err);

#endif
