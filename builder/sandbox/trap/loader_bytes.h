/*
 * loader_bytes: the bytes of the loader's program, which the Makefile makes.
 */
#ifndef BUILDER_SANDBOX_TRAP_LOADER_BYTES_H
#define BUILDER_SANDBOX_TRAP_LOADER_BYTES_H

#include <stdint.h>

extern const char loader_bytes[];
extern const uint64_t loader_bytes_size;

#endif
