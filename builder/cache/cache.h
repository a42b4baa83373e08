/*
 * cache: records of finished steps.
 *
 * A record is one small JSON file steps/<key in hex>, written once by rename:
 *
 *	{"step": "RUN make", "created": "2026-…", "layers": [{"id": "…"}],
 *	 "preimage": [["argv[0]", "/bin/sh"], …]}
 *
 * If two builds write the same record, both layers are equally valid. A record that
 * cannot be read, or whose layer is gone, is a miss. Keys are hashes of preimages
 * (preimage.h).
 */
#ifndef BUILDER_CACHE_CACHE_H
#define BUILDER_CACHE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/digest.h"
#include "base/error.h"
#include "builder/cache/preimage.h"
#include "layers/layers.h"

struct record {
	struct layer *layer; /* the layer the step added; NULL: none */
	int64_t created_ns;
};

/* Returns 1 and *OUT, or 0. Marks the record and its layer as used now. An error
 * counts as a miss and becomes a warning. */
int record_find(struct store *st, const struct digest *key, struct record *out);

/* What became of a record, for messages: whether it is there, and its layer. */
enum record_trace { RECORD_NONE, RECORD_WITHOUT_LAYER, RECORD_WHOLE };
enum record_trace record_trace(struct store *st, const struct digest *key);

/* True if ST has a record of STEP (the instruction as shown to users) under any key; or a
 * record of any step, if STEP's p is NULL. Reads all records: slow. */
bool record_is_any(struct store *st, struct text step);

/* Best effort: a failure is a warning. STEP is the instruction as shown to users. */
void record_write(struct store *st, const struct digest *key, const struct record *r,
                  struct text step, const struct preimage *preimage);

/* A lock held while the step with KEY runs, so that only one of several processes
 * on a store does the work and the others find its record. If another one has it,
 * WAITS(ARG) is called once, and this one waits. -1 if it cannot be taken (cancelled, or
 * the store cannot lock: then the work is done twice). */
int record_lock(struct store *st, const struct digest *key, const struct cancel *cancel,
                void (*waits)(void *arg), void *arg);
void record_unlock(struct store *st, const struct digest *key, int fd);

#endif
