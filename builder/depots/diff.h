/*
 * diff: what two images differ in: manifest, config, layers, files.
 */
#ifndef BUILDER_DEPOTS_DIFF_H
#define BUILDER_DEPOTS_DIFF_H

#include "builder/depots/depots.h"

struct diff_options {
	const struct platform *platform; /* of indexes; NULL: see depot_image() */
	bool no_files;                   /* layers are not fetched */
	bool ignore_times;               /* of config, history and files */
};

/* Compares A with B. *OUT (a new reference) is the document of diff.schema.json; *SAME:
 * nothing in it differs. */
int images_diff(struct depot *a, struct depot *b, const struct diff_options *o,
                json_t **out, bool *same, struct error *err);

#endif
