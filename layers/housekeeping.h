/*
 * housekeeping: disk usage of a store, and removal of unused content.
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
	bool all;             /* also recently used records and layers */
	int64_t older_than_s; /* keep content used within this time; 0: none */
	uint64_t max_bytes;   /* 0: no limit; else remove the oldest until below */
	bool mounts;          /* cache mounts too */
	bool dry_run;
	const struct cancel *cancel;
};

/* Removes everything that no tag, no running build and no kept record reaches. Removes
 * plain trees first, because they can be made again. *FREED gets the freed bytes (or
 * those that would be freed). Safe while builds run. */
int store_gc(struct store *st, const struct gc_options *options, uint64_t *freed,
             struct error *err);

#endif
