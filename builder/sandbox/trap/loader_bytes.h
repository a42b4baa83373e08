/*
 * loader_bytes: the bytes of the loader's program, which the Makefile makes.
 */
#ifndef BUILDER_SANDBOX_TRAP_LOADER_BYTES_H
#define BUILDER_SANDBOX_TRAP_LOADER_BYTES_H

extern const char loader_bytes[], loader_bytes_end[];

#endif
