/*
 * outputs: what comes out of a build, asked for before the first step and written after
 * the last. Internal to order.
 */
#ifndef BUILDER_ORDER_OUTPUTS_H
#define BUILDER_ORDER_OUTPUTS_H

#include "base/failures.h"
#include "builder/order/order.h"

struct outputs {
	const struct build_request *request;
	struct store *store;
	struct registry *registry;
	const struct reference *names; /* -t */
	size_t n_names;
	const struct platform *platforms;
	size_t n_platforms;
	bool multi; /* an index */
	int64_t epoch;
	bool *written; /* of each output of the request, by an earlier round */
};

/* Whether the annotations have a place, and the registries take what will be pushed. */
int outputs_check(const struct outputs *o, struct error *err);

/* Writes N images, one for each platform, to all outputs. One that fails does not keep
 * the others from being written; what goes to files is written once, whatever the number
 * of rounds. Whether every image was. */
bool outputs_write(const struct outputs *o, const struct image *images, size_t n,
                   struct build_outcome *out, struct failures *failures);

/* The files that name what was written. */
void outputs_finish(const struct outputs *o, bool has_root,
                    const struct build_outcome *out, struct failures *failures);

#endif
