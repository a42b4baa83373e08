/*
 * drop_memory: a cloned process unmaps the memory it inherited from its parent.
 */
#ifndef BUILDER_SANDBOX_INSIDE_DROP_MEMORY_H
#define BUILDER_SANDBOX_INSIDE_DROP_MEMORY_H

#include <stddef.h>

/* Unmaps heaps, stacks (with arguments and environment) and other private
 * memory. It keeps programs and libraries, this thread's own block and the SIZE
 * bytes at KEEP, which must contain the caller's stack. The dynamic linker's own
 * memory may go, too: the program must be linked with -z now. Best effort:
 * unidentified mappings stay. System calls only. */
void drop_memory(const void *keep, size_t size);

#endif
