/*
 * read_ahead: a source of bytes that works beside its reader, on a thread of its
 * own as soon as there is enough to read to be worth one.
 *
 * Decompressing and hashing a layer costs about as much as unpacking it; with
 * this between them the two run side by side, 1 MiB apart at most. The reader
 * sees the same bytes, and the same error after them, with or without thread.
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

/* As the source; may give less than there is. */
ssize_t read_ahead_read(struct read_ahead *r, void *bytes, size_t n, struct error *err);

/* Stops the thread, after the call of the source it is in; takes NULL. */
void read_ahead_free(struct read_ahead *r);

#endif
