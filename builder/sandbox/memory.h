/*
 * memory: the memory state of our own control group, version 1 or 2. A step without a
 * group of its own is in ours.
 */
#ifndef BUILDER_SANDBOX_MEMORY_H
#define BUILDER_SANDBOX_MEMORY_H

#include <stdint.h>

#include "base/text.h"

#define MEMORY_TREE "/sys/fs/cgroup"

struct memory_state {
	uint64_t kills; /* processes in it that the kernel killed when memory ran out */
	uint64_t
	        limit; /* bytes, the lowest of its own and its parents' limits; 0: none */
};

/* GROUPS is the text of /proc/self/cgroup, TREE the mount point of control groups. Zeros
 * if nothing can be read. */
void memory_read(const char *tree, struct text groups, struct memory_state *out);

/* The state for this process, now. */
void memory_look(struct memory_state *out);

#endif
