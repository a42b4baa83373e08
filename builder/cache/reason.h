/*
 * reason: why a step was not in the cache, in one short line for people:
 *
 *	src/main.c changed
 *	VERSION was "1", is "2"
 *	"RUN make" changed
 *	the instruction was "RUN make"
 *
 * It is the first thing that differs from when the same step was last built. Steps are
 * the same if they have the same words in the same stage, or else the same place.
 */
#ifndef BUILDER_CACHE_REASON_H
#define BUILDER_CACHE_REASON_H

#include "builder/cache/last_build.h"

/* Of step I of IS. NULL: there is nothing to compare it with. Caller frees. */
char *reason_find(const struct last_build *was, const struct last_build *is, size_t i);

#endif
