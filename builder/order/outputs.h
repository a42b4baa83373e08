/*
 * outputs: the outputs of a build. They are checked before the first step and written
 * after the last. Internal to order.
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
	bool *written; /* for each output of the request: an earlier round wrote it */
};

/* Checks that the outputs accept the annotations, and that the registries accept
 * pushes. */
int outputs_check(const struct outputs *o, struct error *err);

/* Writes N images, one for each platform, to all outputs. If one output fails, the others
 * are still written. Outputs to files are written once, whatever the number of rounds.
 * Reports whether every image was written. */
bool outputs_write(const struct outputs *o, const struct image *images, size_t n,
                   struct build_outcome *out, struct failures *failures);

/* Writes the files that name the results. */
void outputs_finish(const struct outputs *o, bool has_root,
                    const struct build_outcome *out, struct failures *failures);

#endif
