/*
 * cache: which steps were done before.
 *
 * A record is one small JSON file steps/<key in hex>, written once by rename:
 *
 *	{"step": "RUN make", "created": "2026-…", "layers": [{"id": "…"}],
 *	 "preimage": [["argv[0]", "/bin/sh"], …]}
 *
 * Two builds that write the same record write the same layer or one that is
 * as good. A record that cannot be read, or whose layer is gone, is a miss.
 * Keys are hashes of preimages (preimage.h).
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
	struct layer *layer; /* what the step added; NULL: nothing */
	int64_t created_ns;
};

/* 1 and *OUT, or 0. Marks the record and its layer as used now. Faults are
 * misses; they are told as warnings. */
int record_find(struct store *st, const struct digest *key, struct record *out);

/* True if ST has a record of STEP, the instruction for people, whatever the key; or of
 * any step at all, if STEP's p is NULL. Reads all of them: slow. */
bool record_is_any(struct store *st, struct text step);

/* Best effort: a failure is a warning. STEP is the instruction for people. */
void record_write(struct store *st, const struct digest *key, const struct record *r,
                  struct text step, const struct preimage *preimage);

/* Held while the step with KEY is executed, so that of several processes on one
 * store one does the work and the others find its record. -1 if it could not
 * be had (cancelled, or the store cannot lock: then the work is done twice). */
int record_lock(struct store *st, const struct digest *key, const struct cancel *cancel);
void record_unlock(struct store *st, const struct digest *key, int fd);

#endif
