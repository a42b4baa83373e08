/*
 * memory: what the loader has of a C library.
 */
#ifndef BUILDER_SANDBOX_TRAP_LOADER_MEMORY_H
#define BUILDER_SANDBOX_TRAP_LOADER_MEMORY_H

#include <stddef.h>

/* Copies N bytes, which may overlap. Compilers call it by its usual name. */
void *memory_move(void *to, const void *from, size_t n) __asm__("memmove");

size_t memory_length(const char *text);

#endif
