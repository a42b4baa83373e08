/*
 * housekeeping: what a store uses, and what it can do without.
 */
#ifndef LAYERS_HOUSEKEEPING_H
#define LAYERS_HOUSEKEEPING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/error.h"
#include "layers/layers.h"

struct usage {
	uint64_t blobs, layers, trees, steps, mounts, contexts, plain,
	        tmp; /* bytes on disk */
	uint64_t n_blobs, n_layers, n_steps, n_mounts, n_plain;
	uint64_t reclaimable;
};

int store_usage(struct store *st, struct usage *out, struct error *err);

struct gc_options {
	bool all;             /* also records and layers that were used lately */
	int64_t older_than_s; /* keep what was used within; 0: none */
	uint64_t max_bytes;   /* 0: no bound; else oldest first until below */
	bool mounts;          /* cache mounts too */
	bool dry_run;
	const struct cancel *cancel;
};

/* Removes what no tag, no running build and no kept record reaches; plain trees, which
 * are made again from the rest, first of all. What was freed (or would be) goes to *FREED.
 * Safe beside running builds. */
int store_gc(struct store *st, const struct gc_options *options, uint64_t *freed,
             struct error *err);

#endif
