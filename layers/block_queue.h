/*
 * block_queue: sends bytes to a sink in blocks, from a second thread if there
 * are enough of them.
 *
 *	room → fill → room → fill → … → end
 *
 * The sink sees the same bytes in the same order whether or not there is a
 * thread. Owned by one thread; the sink is called by one thread at a time.
 */
#ifndef LAYERS_BLOCK_QUEUE_H
#define LAYERS_BLOCK_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

typedef int block_sink_fn(void *arg, const void *bytes, size_t n, struct error *err);

struct block_queue;

struct block_queue *block_queue_new(block_sink_fn *sink, void *arg);

/* Free space, at least one byte; waits while all blocks are on their way.
 * NULL if the sink failed. */
char *block_queue_room(struct block_queue *q, size_t *n, struct error *err);

/* N bytes of the room are filled now. */
void block_queue_fill(struct block_queue *q, size_t n);
int
block_queue_add(struct block_queue *q, const void *bytes, size_t n, struct error *err);

/* Sends the rest and waits until the sink has received everything. */
int block_queue_end(struct block_queue *q, struct error *err);
void
block_queue_free(struct block_queue *q); /* without block_queue_end(), drops the rest */

static inline void
own_block_queue(struct block_queue **q)
{
	block_queue_free(*q);
	*q = NULL;
}
#define auto_block_queue __attribute__((cleanup(own_block_queue)))

#endif
