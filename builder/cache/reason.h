/*
 * reason: why a step was not in the cache, in one short line:
 *
 *	src/main.c changed
 *	VERSION was "1", is "2"
 *	"RUN make" changed ([build 3/5] ran again)
 *	the instruction was "RUN make"
 *	never built here
 *
 * The reason is the first difference from the nearest step that is noted (nearest.h): the
 * step's own inputs come first, then the steps that it builds on. If one of those runs
 * again, the reason names the one where that began.
 */
#ifndef BUILDER_CACHE_REASON_H
#define BUILDER_CACHE_REASON_H

#include "builder/cache/nearest.h"

/* The reason for step I of N's build, and in *CAUSE the step where it began. The reasons
 * of the steps that it builds on were found before. Caller frees. */
char *reason_find(struct nearby *n, size_t i, size_t *cause);

#endif
