/*
 * build_record: what a build tells its record besides events, and where the record goes:
 * the store, --report, a collector of traces. Internal to order.
 */
#ifndef BUILDER_ORDER_BUILD_RECORD_H
#define BUILDER_ORDER_BUILD_RECORD_H

#include "builder/order/order.h"
#include "builder/record/record.h"

/* What is known at the end of the build; all but REQUEST may be missing. */
struct build_facts {
	const struct build_request *request;
	struct store *store;
	const char *context, *dockerfile; /* as shown */
	struct text source;               /* of the Dockerfile */
	const struct platform *platforms;
	size_t n_platforms;
	const struct image *images;
	size_t n_images;
	const struct build_outcome *outcome;
	const struct error *error; /* code ERR_NONE: it succeeded */
};

/* The record of a build as REQUEST wants it, or NULL: none. */
struct record *build_record_start(const struct build_request *request);

/* Ends R (NULL: nothing happens), frees it and hands the document on. -1 with ERR if the
 * report could not be written; all else is a warning. */
int
build_record_end(struct record *r, const struct build_facts *facts, struct error *err);

#endif
