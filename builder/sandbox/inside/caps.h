/*
 * caps: capability sets as bit masks (bit n = capability n).
 */
#ifndef BUILDER_SANDBOX_INSIDE_CAPS_H
#define BUILDER_SANDBOX_INSIDE_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#define CAPS_ALL UINT64_MAX

/* The 14 that Docker gives a container. */
uint64_t caps_default(void);

/* What this thread has effectively; 0 if that cannot be told. */
uint64_t caps_effective(void);
bool caps_has(int cap);

/* Takes all but KEEP out of the bounding set, and empties the inheritable and
 * ambient ones. -1 with errno. System calls only. */
int caps_bound(uint64_t keep);

/* Permitted and effective become what is held of KEEP. System calls only. */
int caps_limit(uint64_t keep);

/* Those of WHICH that are permitted are in effect, no others. System calls only. */
int caps_use(uint64_t which);

#endif
