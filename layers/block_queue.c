#include "layers/block_queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/job.h"
#include "base/mem.h"

enum {
	BLOCK_SIZE = 256 * 1024,
	N_BLOCKS = 4,
	BLOCKS_BEFORE_THREAD = 2, /* a thread costs as much as hashing some 50 KiB */
};

struct block {
	char *bytes; /* allocated when first needed */
	size_t n;
};

struct block_queue {
	block_sink_fn *sink;
	void *arg;

	/* Blocks go round: [tail, head) are full and the sink's, head is being
	 * filled by the owner. Numbers only grow. */
	struct block blocks[N_BLOCKS];
	size_t head, tail;  /* under lock once there is a thread */
	bool ended, failed; /* the same */
	struct error err;   /* the sink's error, if FAILED */

	bool threaded;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

struct block_queue *
block_queue_new(block_sink_fn *sink, void *arg)
{
	struct block_queue *q = mem_new(sizeof *q);

	q->sink = sink;
	q->arg = arg;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->changed, NULL);
	return q;
}

static void *
block_queue_thread(void *arg)
{
	struct block_queue *q = arg;

	pthread_mutex_lock(&q->lock);
	for (;;) {
		struct block *b = &q->blocks[q->tail % N_BLOCKS];
		struct error err = ERROR_INIT;
		int status;

		while (q->tail == q->head && !q->ended)
			pthread_cond_wait(&q->changed, &q->lock);
		if (q->tail == q->head || q->failed)
			break;
		pthread_mutex_unlock(&q->lock);
		status = q->sink(q->arg, b->bytes, b->n, &err);
		pthread_mutex_lock(&q->lock);
		if (status < 0) {
			q->failed = true;
			error_move(&q->err, &err);
		}
		q->tail++;
		pthread_cond_broadcast(&q->changed);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

/* Without a thread, the caller calls the sink itself. */
static int
hand_over(struct block_queue *q, struct error *err)
{
	struct block *b = &q->blocks[q->head % N_BLOCKS];
	bool failed;

	if (!q->threaded && q->head >= BLOCKS_BEFORE_THREAD && job_cpus() > 1)
		q->threaded = pthread_create(&q->thread, NULL, block_queue_thread, q) ==
		              0;
	if (!q->threaded) {
		if (q->sink(q->arg, b->bytes, b->n, err) < 0)
			return -1;
		q->head++;
		q->tail++;
		q->blocks[q->head % N_BLOCKS].n = 0;
		return 0;
	}
	pthread_mutex_lock(&q->lock);
	q->head++;
	pthread_cond_broadcast(&q->changed);
	while (q->head - q->tail == N_BLOCKS && !q->failed)
		pthread_cond_wait(&q->changed, &q->lock);
	failed = q->failed;
	if (failed)
		error_move(err, &q->err);
	pthread_mutex_unlock(&q->lock);
	q->blocks[q->head % N_BLOCKS].n = 0;
	return failed ? -1 : 0;
}

char *
block_queue_room(struct block_queue *q, size_t *n, struct error *err)
{
	struct block *b = &q->blocks[q->head % N_BLOCKS];

	if (b->n == BLOCK_SIZE) {
		if (hand_over(q, err) < 0)
			return NULL;
		b = &q->blocks[q->head % N_BLOCKS];
	}
	if (b->bytes == NULL)
		b->bytes = mem_resize(NULL, BLOCK_SIZE, 1);
	*n = BLOCK_SIZE - b->n;
	return b->bytes + b->n;
}

void
block_queue_fill(struct block_queue *q, size_t n)
{
	q->blocks[q->head % N_BLOCKS].n += n;
}

int
block_queue_add(struct block_queue *q, const void *bytes, size_t n, struct error *err)
{
	const char *p = bytes;

	while (n > 0) {
		size_t room;
		char *to = block_queue_room(q, &room, err);

		if (to == NULL)
			return -1;
		if (room > n)
			room = n;
		memcpy(to, p, room);
		block_queue_fill(q, room);
		p += room;
		n -= room;
	}
	return 0;
}

static void
stop(struct block_queue *q)
{
	if (!q->threaded)
		return;
	pthread_mutex_lock(&q->lock);
	q->ended = true;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
	pthread_join(q->thread, NULL);
	q->threaded = false;
}

int
block_queue_end(struct block_queue *q, struct error *err)
{
	if (q->blocks[q->head % N_BLOCKS].n > 0 && hand_over(q, err) < 0)
		return -1;
	stop(q);
	if (!q->failed)
		return 0;
	error_move(err, &q->err);
	return -1;
}

void
block_queue_free(struct block_queue *q)
{
	if (q == NULL)
		return;
	stop(q);
	for (size_t i = 0; i < N_BLOCKS; i++)
		free(q->blocks[i].bytes);
	error_clear(&q->err);
	pthread_cond_destroy(&q->changed);
	pthread_mutex_destroy(&q->lock);
	free(q);
}
