/*
 * memory: what the control group that we are in says of memory, by either interface. A
 * step without a group of its own is in ours.
 */
#ifndef BUILDER_SANDBOX_MEMORY_H
#define BUILDER_SANDBOX_MEMORY_H

#include <stdint.h>

#include "base/text.h"

#define MEMORY_TREE "/sys/fs/cgroup"

struct memory_state {
	uint64_t
	        kills; /* processes that the kernel has killed in it for want of memory */
	uint64_t limit; /* bytes, the lowest of it and of those around it; 0: none */
};

/* GROUPS is the text of /proc/self/cgroup, TREE where control groups are mounted. Zeros
 * if nothing can be read. */
void memory_read(const char *tree, struct text groups, struct memory_state *out);

/* Of this process, now. */
void memory_look(struct memory_state *out);

#endif
