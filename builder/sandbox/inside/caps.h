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

/* The effective set of this thread; 0 if unknown. */
uint64_t caps_effective(void);
bool caps_has(int cap);

/* Removes all except KEEP from the bounding set, and empties the inheritable and
 * ambient sets. -1 with errno. System calls only. */
int caps_bound(uint64_t keep);

/* Reduces the permitted and effective sets to KEEP. System calls only. */
int caps_limit(uint64_t keep);

/* Sets the effective set to the permitted ones among WHICH. System calls only. */
int caps_use(uint64_t which);

#endif
