#include "layers/files_ahead.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/job.h"
#include "base/mem.h"
#include "layers/content_reader.h"

enum {
	PIECE_CHANGES = 32,
	PIECE_BYTES = 256 * 1024,
	N_PIECES = 4,
	CHANGES_BEFORE_THREAD = 64, /* a thread costs as much as reading some ten files */
};

#define NOT_READ SIZE_MAX

/* Changes [from, to), taken by the second thread. */
struct piece {
	size_t from, to;
	bool done;
	char *bytes;              /* PIECE_BYTES, allocated when first needed */
	size_t at[PIECE_CHANGES]; /* where the content is, or NOT_READ */
};

struct files_ahead {
	const struct change_list *changes;

	/* Pieces [tail, head) are taken; numbers only grow. */
	struct piece pieces[N_PIECES];
	size_t head, tail; /* under lock, as all below and the pieces' done */
	size_t own_end;    /* the owner reads everything before it that is in no piece */
	bool stopped;

	struct piece *current; /* the owner's; it has not given it back */
	bool threaded;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

struct files_ahead *
files_ahead_new(const struct change_list *changes)
{
	struct files_ahead *a = mem_new(sizeof *a);

	a->changes = changes;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
	return a;
}

/* ------------------------------------------------------------ the second thread */

static void
read_piece(const struct files_ahead *a, struct piece *p)
{
	size_t used = 0;

	if (p->bytes == NULL)
		p->bytes = mem_resize(NULL, PIECE_BYTES, 1);
	for (size_t i = p->from; i < p->to; i++) {
		struct change c;

		a->changes->get(a->changes->arg, i, &c);
		p->at[i - p->from] = NOT_READ;
		if (c.entry.type != ENTRY_FILE || c.content.kind != CONTENT_FILE ||
		    c.entry.size > FILES_AHEAD_MAX ||
		    c.entry.size + 1 > PIECE_BYTES - used ||
		    !content_read_small(&c.content, (size_t)c.entry.size,
		                        p->bytes + used))
			continue;
		p->at[i - p->from] = used;
		used += (size_t)c.entry.size;
	}
}

/* Where the next piece begins: after the others, and far enough from the owner that the
 * owner has something to read meanwhile. */
static size_t
next_piece(const struct files_ahead *a)
{
	size_t from = a->own_end + PIECE_CHANGES;

	if (a->head > a->tail && a->pieces[(a->head - 1) % N_PIECES].to > from)
		from = a->pieces[(a->head - 1) % N_PIECES].to;
	return from;
}

static void *
files_ahead_thread(void *arg)
{
	struct files_ahead *a = arg;
	size_t n = a->changes->n;

	pthread_mutex_lock(&a->lock);
	while (!a->stopped && next_piece(a) < n) {
		struct piece *p = &a->pieces[a->head % N_PIECES];

		if (a->head - a->tail == N_PIECES) {
			pthread_cond_wait(&a->changed, &a->lock);
			continue;
		}
		p->from = next_piece(a);
		p->to = n - p->from < PIECE_CHANGES ? n : p->from + PIECE_CHANGES;
		p->done = false;
		a->head++;
		pthread_mutex_unlock(&a->lock);
		read_piece(a, p);
		pthread_mutex_lock(&a->lock);
		p->done = true;
		pthread_cond_broadcast(&a->changed);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* ------------------------------------------------------------ the owner */

/* Decides what to do from I on: use the thread's piece that begins there, or read some
 * files. */
static void
move_on(struct files_ahead *a, size_t i)
{
	struct piece *next = NULL;

	pthread_mutex_lock(&a->lock);
	if (a->current != NULL)
		a->tail++;
	a->current = NULL;
	if (a->tail != a->head)
		next = &a->pieces[a->tail % N_PIECES];
	if (next != NULL && next->from == i) {
		while (!next->done)
			pthread_cond_wait(&a->changed, &a->lock);
		a->current = next;
		a->own_end = next->to;
	} else {
		a->own_end = i + PIECE_CHANGES;
		if (next != NULL && next->from < a->own_end)
			a->own_end = next->from;
	}
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

const char *
files_ahead_get(struct files_ahead *a, size_t i)
{
	const struct piece *p = NULL;

	if (!a->threaded) {
		if (i < CHANGES_BEFORE_THREAD || i % CHANGES_BEFORE_THREAD != 0 ||
		    a->changes->n - i < CHANGES_BEFORE_THREAD || job_cpus() < 2)
			return NULL;
		a->own_end = i;
		a->threaded = pthread_create(&a->thread, NULL, files_ahead_thread, a) ==
		              0;
		if (!a->threaded)
			return NULL;
	}
	if (i >= (a->current != NULL ? a->current->to : a->own_end))
		move_on(a, i);
	p = a->current;
	return p == NULL || p->at[i - p->from] == NOT_READ
	               ? NULL
	               : p->bytes + p->at[i - p->from];
}

void
files_ahead_free(struct files_ahead *a)
{
	if (a == NULL)
		return;
	if (a->threaded) {
		pthread_mutex_lock(&a->lock);
		a->stopped = true;
		pthread_cond_broadcast(&a->changed);
		pthread_mutex_unlock(&a->lock);
		pthread_join(a->thread, NULL);
	}
	for (size_t i = 0; i < N_PIECES; i++)
		free(a->pieces[i].bytes);
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
	free(a);
}
