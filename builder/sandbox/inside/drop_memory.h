/*
 * drop_memory: a cloned process drops the memory it got from its parent.
 */
#ifndef BUILDER_SANDBOX_INSIDE_DROP_MEMORY_H
#define BUILDER_SANDBOX_INSIDE_DROP_MEMORY_H

#include <stddef.h>

/* Unmaps heaps, stacks (with arguments and environment) and other private
 * memory, but for the programs and libraries themselves, this thread's own
 * block and the SIZE bytes at KEEP, on which the caller's stack must be. The
 * dynamic linker's own memory may go, too: the program must be linked with
 * -z now. Best effort: what cannot be told apart stays. System calls only. */
void drop_memory(const void *keep, size_t size);

#endif
