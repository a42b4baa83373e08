/* RFC 1952, a member for every block of input, made by libdeflate. Where blocks end
 * depends on the input alone, so any number of threads gives the same bytes.
 *
 *	         filled by the writer    by workers, any order     to the sink, in order
 *	write ──►      head ────────────────► taken ──────────────────► tail
 *
 * Slots go round; numbers only grow. The workers start when there is more than one
 * block: most layers are smaller. */
#include <libdeflate.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/own.h"
#include "layers/compress_formats.h"

enum {
	GZIP_BLOCK = 1024 * 1024,
	WORKERS_MAX = 16,
	SLOTS_AHEAD = 2, /* so that workers are busy while the sink is */
};

struct slot {
	char *in, *out; /* allocated when first needed */
	size_t n_in, n_out;
	bool done;
};

struct gzip_writer {
	int level;
	size_t room; /* of out */
	size_t n_workers, n_slots;
	struct slot *slots;
	struct libdeflate_compressor *own; /* for blocks that no worker compresses */
	size_t head, tail;                 /* the writer's own */

	size_t n_started;
	pthread_t workers[WORKERS_MAX];
	pthread_mutex_t lock;
	pthread_cond_t work, finished;
	size_t ready, taken; /* under lock: filled, and taken by workers */
	bool ended;          /* under lock */
};

static struct libdeflate_compressor *
compressor_new(int level)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(level);

	if (c == NULL)
		mem_die("out of memory");
	return c;
}

void *
gzip_writer_open(int level, size_t threads, struct error *err)
{
	struct gzip_writer *w = mem_new(sizeof *w);

	(void)err;
	w->level = level;
	w->own = compressor_new(level);
	w->room = libdeflate_gzip_compress_bound(w->own, GZIP_BLOCK);
	w->n_workers = threads < WORKERS_MAX ? threads : WORKERS_MAX;
	w->n_slots = w->n_workers + SLOTS_AHEAD;
	w->slots = mem_new_n(w->n_slots, sizeof *w->slots);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->work, NULL);
	pthread_cond_init(&w->finished, NULL);
	return w;
}

static struct slot *
slot_of(const struct gzip_writer *w, size_t number)
{
	return &w->slots[number % w->n_slots];
}

static void
compress_slot(const struct gzip_writer *w, struct libdeflate_compressor *c,
              struct slot *s)
{
	if (s->out == NULL)
		s->out = mem_resize(NULL, w->room, 1);
	s->n_out = libdeflate_gzip_compress(c, s->in, s->n_in, s->out, w->room);
	if (s->n_out == 0)
		mem_die("gzip: a block did not fit");
}

static void *
gzip_thread(void *arg)
{
	struct gzip_writer *w = arg;
	struct libdeflate_compressor *c = compressor_new(w->level);

	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct slot *s;

		while (w->taken == w->ready && !w->ended)
			pthread_cond_wait(&w->work, &w->lock);
		if (w->taken == w->ready)
			break;
		s = slot_of(w, w->taken++);
		pthread_mutex_unlock(&w->lock);
		compress_slot(w, c, s);
		pthread_mutex_lock(&w->lock);
		s->done = true;
		pthread_cond_signal(&w->finished);
	}
	pthread_mutex_unlock(&w->lock);
	libdeflate_free_compressor(c);
	return NULL;
}

/* If no thread can be started, the writer compresses itself. */
static void
start_workers(struct gzip_writer *w)
{
	while (w->n_started < w->n_workers &&
	       pthread_create(&w->workers[w->n_started], NULL, gzip_thread, w) == 0)
		w->n_started++;
	w->n_workers = w->n_started;
}

/* Writes the oldest slot to the sink, when its block is done. */
static int
flush_tail(struct gzip_writer *w, const struct output *out, struct error *err)
{
	struct slot *s = slot_of(w, w->tail);

	pthread_mutex_lock(&w->lock);
	while (!s->done)
		pthread_cond_wait(&w->finished, &w->lock);
	s->done = false;
	pthread_mutex_unlock(&w->lock);
	w->tail++;
	s->n_in = 0;
	return output_write(out, s->out, s->n_out, err);
}

/* The slot at head is complete. */
static int
hand_over(struct gzip_writer *w, const struct output *out, struct error *err)
{
	struct slot *s = slot_of(w, w->head++);

	if (w->n_started == 0) {
		compress_slot(w, w->own, s);
		s->done = true;
		return flush_tail(w, out, err);
	}
	pthread_mutex_lock(&w->lock);
	w->ready++;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	return w->head - w->tail < w->n_slots ? 0 : flush_tail(w, out, err);
}

int
gzip_writer_write(void *state, const void *bytes, size_t n, const struct output *out,
                  struct error *err)
{
	struct gzip_writer *w = state;
	const char *from = bytes;

	while (n > 0) {
		struct slot *s = slot_of(w, w->head);
		size_t room;

		/* A full block waits for the byte after it, so the last block is never
		 * empty. */
		if (s->n_in == GZIP_BLOCK) {
			if (w->n_started == 0 && w->n_workers > 1)
				start_workers(w);
			if (hand_over(w, out, err) < 0)
				return -1;
			continue;
		}
		if (s->in == NULL)
			s->in = mem_resize(NULL, GZIP_BLOCK, 1);
		room = GZIP_BLOCK - s->n_in;
		if (room > n)
			room = n;
		memcpy(s->in + s->n_in, from, room);
		s->n_in += room;
		from += room;
		n -= room;
	}
	return 0;
}

int
gzip_writer_finish(void *state, const struct output *out, struct error *err)
{
	struct gzip_writer *w = state;
	struct slot *last = slot_of(w, w->head);

	/* Empty input is one empty member. */
	if (last->in == NULL)
		last->in = mem_resize(NULL, GZIP_BLOCK, 1);
	if ((last->n_in > 0 || w->head == 0) && hand_over(w, out, err) < 0)
		return -1;
	while (w->tail < w->head)
		if (flush_tail(w, out, err) < 0)
			return -1;
	return 0;
}

void
gzip_writer_free(void *state, bool at_once)
{
	struct gzip_writer *w = state;

	(void)at_once; /* each thread needs some hundred KiB */
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->ended = true;
	w->ready = w->taken; /* after an error the rest is not needed */
	pthread_cond_broadcast(&w->work);
	pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < w->n_started; i++)
		pthread_join(w->workers[i], NULL);
	for (size_t i = 0; i < w->n_slots; i++) {
		free(w->slots[i].in);
		free(w->slots[i].out);
	}
	free(w->slots);
	libdeflate_free_compressor(w->own);
	pthread_cond_destroy(&w->finished);
	pthread_cond_destroy(&w->work);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
