/*
 * read_ahead: runs a source of bytes in a thread of its own, in parallel with its
 * reader, if there is enough to read.
 *
 * Decompressing and hashing a layer costs about as much as unpacking it. With this
 * between them, both run in parallel, at most 1 MiB apart. The reader sees the
 * same bytes and the same error with or without a thread.
 * Owned by the reader's thread; the source is called by one thread at a time.
 */
#ifndef LAYERS_READ_AHEAD_H
#define LAYERS_READ_AHEAD_H

#include <sys/types.h>

#include "base/error.h"

/* Up to N bytes, 0 at the end, -1. */
typedef ssize_t read_ahead_fn(void *arg, void *bytes, size_t n, struct error *err);

struct read_ahead;

struct read_ahead *read_ahead_new(read_ahead_fn *source, void *arg);

/* Reads like the source; may return less than is available. */
ssize_t read_ahead_read(struct read_ahead *r, void *bytes, size_t n, struct error *err);

/* Stops the thread after its current call of the source; takes NULL. */
void read_ahead_free(struct read_ahead *r);

#endif
