/*
 * arrival: a blob that is read while it is still written.
 *
 *	fetch's thread    arrival_show(fd) → arrival_grow … → arrival_end
 *	reader's thread   arrival_wait → arrival_read … → 0 at the end
 *
 * What the reader gets is not verified: that is known when the fetch has succeeded. A
 * fetch that breaks off is an end like any other to the reader.
 */
#ifndef LAYERS_ARRIVAL_H
#define LAYERS_ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct arrival;

struct arrival *arrival_new(void);
void arrival_free(struct arrival *a); /* when both threads are done; takes NULL */

/* FD (a copy is made) is where the bytes will be, from its beginning. */
int arrival_show(struct arrival *a, int fd, struct error *err);
void arrival_grow(struct arrival *a, uint64_t size); /* so many bytes are there now */
void arrival_end(struct arrival *a);

/* Waits until there is something to read; false if it ended without having been shown. */
bool arrival_wait(struct arrival *a);

/* The next bytes, at least one; 0 at the end, -1. One thread. */
ssize_t arrival_read(struct arrival *a, void *bytes, size_t n, struct error *err);

static inline void
own_arrival(struct arrival **a)
{
	arrival_free(*a);
	*a = NULL;
}
#define auto_arrival __attribute__((cleanup(own_arrival)))

#endif
