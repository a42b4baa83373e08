#include "layers/read_ahead.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/job.h"
#include "base/mem.h"

enum {
	BLOCK_SIZE = 256 * 1024,
	N_BLOCKS = 4,
	BLOCKS_BEFORE_THREAD = 2,
};

struct block {
	char *bytes; /* allocated when first needed */
	size_t n;
};

struct read_ahead {
	read_ahead_fn *source;
	void *arg;

	/* Blocks [tail, head) are full and the reader's, head is being filled.
	 * Numbers only grow. */
	struct block blocks[N_BLOCKS];
	size_t head, tail; /* under lock once there is a thread */
	bool ended,
	        stopped; /* under lock, too: no block follows head; the reader has stopped */
	bool failed;     /* with err, after the last block */
	struct error err;
	size_t used; /* of block tail; the reader's */

	bool threaded;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

struct read_ahead *
read_ahead_new(read_ahead_fn *source, void *arg)
{
	struct read_ahead *r = mem_new(sizeof *r);

	r->source = source;
	r->arg = arg;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	return r;
}

/* Fills B until the source ends. If the source fails, sets *FAILED and ERR; B has the
 * bytes before. */
static bool
fill(struct read_ahead *r, struct block *b, bool *failed, struct error *err)
{
	ssize_t got = 1;

	if (b->bytes == NULL)
		b->bytes = mem_resize(NULL, BLOCK_SIZE, 1);
	b->n = 0;
	while (b->n < BLOCK_SIZE && got > 0) {
		got = r->source(r->arg, b->bytes + b->n, BLOCK_SIZE - b->n, err);
		if (got > 0)
			b->n += (size_t)got;
	}
	*failed = got < 0;
	return got <= 0;
}

static void *
read_ahead_thread(void *arg)
{
	struct read_ahead *r = arg;

	pthread_mutex_lock(&r->lock);
	while (!r->ended && !r->stopped) {
		struct block *b = &r->blocks[r->head % N_BLOCKS];
		struct error err = ERROR_INIT;
		bool failed, ended;

		if (r->head - r->tail == N_BLOCKS) {
			pthread_cond_wait(&r->changed, &r->lock);
			continue;
		}
		pthread_mutex_unlock(&r->lock);
		ended = fill(r, b, &failed, &err);
		pthread_mutex_lock(&r->lock);
		r->head++;
		r->ended = ended;
		r->failed = failed;
		if (failed)
			error_move(&r->err, &err);
		pthread_cond_broadcast(&r->changed);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* Makes block TAIL available: false if there is none any more. */
static bool
wait_for_block(struct read_ahead *r)
{
	bool there;

	if (!r->threaded && !r->ended && r->head >= BLOCKS_BEFORE_THREAD &&
	    job_cpus() > 1)
		r->threaded = pthread_create(&r->thread, NULL, read_ahead_thread, r) == 0;
	if (!r->threaded) {
		if (r->head == r->tail && !r->ended) {
			r->ended = fill(r, &r->blocks[r->head % N_BLOCKS], &r->failed,
			                &r->err);
			r->head++;
		}
		return r->head != r->tail;
	}
	pthread_mutex_lock(&r->lock);
	while (r->head == r->tail && !r->ended)
		pthread_cond_wait(&r->changed, &r->lock);
	there = r->head != r->tail;
	pthread_mutex_unlock(&r->lock);
	return there;
}

/* Gives block TAIL back. */
static void
release_block(struct read_ahead *r)
{
	pthread_mutex_lock(&r->lock);
	r->tail++;
	r->used = 0;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

ssize_t
read_ahead_read(struct read_ahead *r, void *bytes, size_t n, struct error *err)
{
	while (wait_for_block(r)) {
		struct block *b = &r->blocks[r->tail % N_BLOCKS];
		size_t here = b->n - r->used;

		if (here == 0) {
			release_block(r);
			continue;
		}
		if (here > n)
			here = n;
		memcpy(bytes, b->bytes + r->used, here);
		r->used += here;
		return (ssize_t)here;
	}
	if (!r->failed)
		return 0;
	error_move(err, &r->err);
	return -1;
}

void
read_ahead_free(struct read_ahead *r)
{
	if (r == NULL)
		return;
	if (r->threaded) {
		pthread_mutex_lock(&r->lock);
		r->stopped = true;
		pthread_cond_broadcast(&r->changed);
		pthread_mutex_unlock(&r->lock);
		pthread_join(r->thread, NULL);
	}
	for (size_t i = 0; i < N_BLOCKS; i++)
		free(r->blocks[i].bytes);
	error_clear(&r->err);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
