/*
 * growing_blob: a blob that one thread reads while another writes it.
 *
 *	fetch's thread    growing_blob_show(fd) → growing_blob_grow … → growing_blob_end
 *	reader's thread   growing_blob_wait → growing_blob_read … → 0 at the end
 *
 * The reader gets unverified bytes; they are verified when the fetch has succeeded. If
 * the fetch breaks off, the reader only sees the end.
 */
#ifndef LAYERS_GROWING_BLOB_H
#define LAYERS_GROWING_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct growing_blob;

struct growing_blob *growing_blob_new(void);
void
growing_blob_free(struct growing_blob *a); /* when both threads are done; takes NULL */

/* FD (a copy is made) is where the bytes will be, from its beginning. */
int growing_blob_show(struct growing_blob *a, int fd, struct error *err);
void growing_blob_grow(struct growing_blob *a,
                       uint64_t size); /* SIZE bytes are available now */
void growing_blob_end(struct growing_blob *a);

/* Waits until there is something to read; false if it ended without having been shown. */
bool growing_blob_wait(struct growing_blob *a);

/* The next bytes, at least one; 0 at the end, -1. One thread. */
ssize_t
growing_blob_read(struct growing_blob *a, void *bytes, size_t n, struct error *err);

static inline void
own_arrival(struct growing_blob **a)
{
	growing_blob_free(*a);
	*a = NULL;
}
#define auto_growing_blob __attribute__((cleanup(own_arrival)))

#endif
