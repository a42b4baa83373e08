/*
 * mask: keeps the values of a step's secrets out of its log.
 *
 * What a program prints comes in pieces of any size; the end of a piece that
 * may be the beginning of a secret is held back until it is known.
 */
#ifndef BUILDER_STEPS_MASK_H
#define BUILDER_STEPS_MASK_H

#include "base/array.h"
#include "base/text.h"

/* Shown instead of a secret. */
#define MASK_TEXT    "***"

#define MASK_STREAMS 2

struct mask {
	ARRAY(struct text) words; /* borrowed */
	struct buf held[MASK_STREAMS];
};

typedef void mask_emit_fn(void *arg, int stream, const void *bytes, size_t n);

/* Masks VALUE (which must outlive MASK) from now on: as a whole, without line
 * feeds at its end, and each of its lines. Words that are so short that they
 * are everywhere are left alone. */
void mask_add(struct mask *mask, struct text value);

/* Passes on what is known of STREAM (1 or 2) after N more BYTES. */
void mask_feed(struct mask *mask, int stream, const void *bytes, size_t n,
               mask_emit_fn *emit, void *arg);

/* … and the rest, at the end. */
void mask_flush(struct mask *mask, mask_emit_fn *emit, void *arg);

void mask_clear(struct mask *mask);

#endif
