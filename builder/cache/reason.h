/*
 * reason: why a step was not in the cache, in one short line:
 *
 *	src/main.c changed
 *	VERSION was "1", is "2"
 *	"RUN make" changed
 *	the instruction was "RUN make"
 *
 * The reason is the first difference from the last build of the same step. The same step
 * is the one with the same text in the same stage, or else the one at the same position.
 */
#ifndef BUILDER_CACHE_REASON_H
#define BUILDER_CACHE_REASON_H

#include "builder/cache/last_build.h"

/* The reason for step I of IS. NULL: there is nothing to compare with. Caller frees. */
char *reason_find(const struct last_build *was, const struct last_build *is, size_t i);

#endif
