/*
 * dry_run: the answer of --dry-run: what a build would run, download and write.
 *
 *	HIT      [2/4] COPY requirements.txt /app/
 *	MISS     [3/4] RUN make
 *	         "COPY src /src" changed ([2/4] ran again)
 *	1 of 2 steps would run.
 *	Would download 3 layers of alpine:3.19, 3.4MB.
 *	Would push docker.io/me/app:1.
 *
 * Internal to order.
 */
#ifndef BUILDER_ORDER_DRY_RUN_H
#define BUILDER_ORDER_DRY_RUN_H

#include "builder/order/order.h"
#include "builder/solve/solve.h"

struct dry_run {
	const struct build_request *request;
	const struct plan *plan;
	const struct step_fate *fates; /* for each of its steps */
	const struct reference *names; /* -t */
	size_t n_names;
	bool needs_layers; /* an output takes the layers of the base */
};

/* True if no step would run. */
bool dry_run_all_cached(const struct dry_run *r);

/* Callers free. The JSON is that of docs/reference/schemas/dry-run.json. */
char *dry_run_print_text(const struct dry_run *r);
char *dry_run_print_json(const struct dry_run *r);

#endif
