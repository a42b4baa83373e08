/*
 * gc: the collector's decision, without removing anything.
 */
#ifndef LAYERS_GC_H
#define LAYERS_GC_H

#include "layers/gc_mark.h"
#include "layers/housekeeping.h"

/* Marks in C what a collection with these options would keep. */
int gc_mark(struct store *st, const struct gc_options *o, struct census *c,
            struct error *err);

#endif
