#include "layers/compress_pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/members.h"

enum {
	WORKERS_MAX = 16,
	SLOTS_AHEAD = 2,               /* so that workers are busy while the sink is */
	MEMORY_MAX = 96 * 1024 * 1024, /* of all slots */
};

#define LOOK_NS (100 * NS_PER_MS)

/* Allocated when first needed. */
struct slot {
	char *in, *out;
	size_t n_in, n_out;
	struct digest plain; /* of in, if members are kept */
	bool done;
};

struct compress_pool {
	const struct packing *packing;
	int level;
	const struct member_sizes *sizes;
	struct members *members;
	size_t room; /* of out */
	size_t n_workers, n_slots;
	struct slot *slots;
	void *own;         /* packs members that no worker does; NULL until then */
	size_t head, tail; /* the writer's own */
	size_t seen;       /* of head's bytes, for member_cut_find() */

	size_t n_started;
	pthread_t workers[WORKERS_MAX];
	pthread_mutex_t lock;
	pthread_cond_t work, finished;
	size_t ready, taken; /* under lock: filled, and taken by workers */
	bool ended;          /* under lock */
};

struct compress_pool *
compress_pool_new(const struct packing *packing, int level,
                  const struct member_sizes *sizes, size_t threads,
                  struct members *members)
{
	struct compress_pool *p = mem_new(sizeof *p);
	size_t most = MEMORY_MAX / (2 * sizes->most) - SLOTS_AHEAD;

	if (most > WORKERS_MAX)
		most = WORKERS_MAX;
	p->packing = packing;
	p->level = level;
	p->sizes = sizes;
	p->members = members;
	p->room = packing->bound(sizes->most);
	p->n_workers = threads < most ? threads : most;
	p->n_slots = p->n_workers + SLOTS_AHEAD;
	p->slots = mem_new_n(p->n_slots, sizeof *p->slots);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->finished, NULL);
	return p;
}

static struct slot *
slot_of(const struct compress_pool *p, size_t number)
{
	return &p->slots[number % p->n_slots];
}

/* ------------------------------------------------------------ packing */

static void
pack_slot(const struct compress_pool *p, void *packer, struct slot *s)
{
	if (s->out == NULL)
		s->out = mem_resize(NULL, p->room, 1);
	s->n_out = 0;
	if (p->members != NULL) {
		s->plain = digest_of(s->in, s->n_in);
		s->n_out = members_take(p->members, &s->plain, s->out, p->room);
	}
	if (s->n_out == 0)
		s->n_out = p->packing->pack(packer, s->in, s->n_in, s->out);
}

static void *
pack_thread(void *arg)
{
	struct compress_pool *p = arg;
	void *packer = p->packing->open(p->level);

	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct slot *s;

		while (p->taken == p->ready && !p->ended)
			pthread_cond_wait(&p->work, &p->lock);
		if (p->taken == p->ready)
			break;
		s = slot_of(p, p->taken++);
		pthread_mutex_unlock(&p->lock);
		pack_slot(p, packer, s);
		pthread_mutex_lock(&p->lock);
		s->done = true;
		pthread_cond_signal(&p->finished);
	}
	pthread_mutex_unlock(&p->lock);
	p->packing->free(packer);
	return NULL;
}

/* If no thread can be started, the writer packs itself. */
static void
start_workers(struct compress_pool *p)
{
	while (p->n_started < p->n_workers &&
	       pthread_create(&p->workers[p->n_started], NULL, pack_thread, p) == 0)
		p->n_started++;
	p->n_workers = p->n_started;
}

/* ------------------------------------------------------------ the stream */

/* At high levels a member takes seconds; a signal must not wait for it. */
static int
wait_for_slot(struct compress_pool *p, struct slot *s, const struct cancel *cancel,
              struct error *err)
{
	int failed = 0;

	pthread_mutex_lock(&p->lock);
	while (!s->done && failed == 0) {
		clock_wait(&p->finished, &p->lock, LOOK_NS);
		failed = cancel_check(cancel, err);
	}
	s->done = false;
	pthread_mutex_unlock(&p->lock);
	return failed;
}

/* Writes the oldest slot to the sink, when its member is done. */
static int
flush_tail(struct compress_pool *p, const struct output *out, struct error *err)
{
	struct slot *s = slot_of(p, p->tail);

	if (wait_for_slot(p, s, out->cancel, err) < 0)
		return -1;
	p->tail++;
	s->n_in = 0;
	if (p->members != NULL)
		members_add(p->members, &s->plain, s->out, s->n_out);
	return output_write(out, s->out, s->n_out, err);
}

/* The slot at head is complete. */
static int
hand_over(struct compress_pool *p, const struct output *out, struct error *err)
{
	struct slot *s = slot_of(p, p->head++);

	p->seen = 0;
	if (p->n_started == 0) {
		if (p->own == NULL)
			p->own = p->packing->open(p->level);
		pack_slot(p, p->own, s);
		s->done = true;
		return flush_tail(p, out, err);
	}
	pthread_mutex_lock(&p->lock);
	p->ready++;
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
	return p->head - p->tail < p->n_slots ? 0 : flush_tail(p, out, err);
}

/* The slot at head, with room for bytes. A member that is complete waits for the byte
 * after it. */
static struct slot *
head_slot(struct compress_pool *p)
{
	struct slot *s = slot_of(p, p->head);

	if (s->in == NULL)
		s->in = mem_resize(NULL, p->sizes->most + MEMBER_BLOCK, 1);
	return s;
}

/* The head's member ends at END; what is behind it begins the next. */
static int
cut(struct compress_pool *p, size_t end, const struct output *out, struct error *err)
{
	struct slot *s = slot_of(p, p->head), *next;
	const size_t rest = s->n_in - end;

	if (p->n_started == 0 && p->n_workers > 1)
		start_workers(p);
	s->n_in = end;
	if (hand_over(p, out, err) < 0)
		return -1;
	/* Workers only read what is before END. */
	next = head_slot(p);
	memcpy(next->in, s->in + end, rest);
	next->n_in = rest;
	return 0;
}

int
compress_pool_write(struct compress_pool *p, const void *bytes, size_t n,
                    const struct output *out, struct error *err)
{
	const char *from = bytes;

	while (n > 0) {
		struct slot *s = head_slot(p);
		size_t room = p->sizes->most + MEMBER_BLOCK - s->n_in, end;

		if (room > n)
			room = n;
		memcpy(s->in + s->n_in, from, room);
		s->n_in += room;
		from += room;
		n -= room;
		while ((end = member_cut_find(p->sizes, s->in, s->n_in, &p->seen)) > 0) {
			if (cut(p, end, out, err) < 0)
				return -1;
			s = head_slot(p);
		}
	}
	return 0;
}

int
compress_pool_finish(struct compress_pool *p, const struct output *out, struct error *err)
{
	struct slot *last = head_slot(p);

	/* One member is compressed faster than a list of others is read. */
	if (p->head == 0)
		p->members = NULL;
	/* Empty input is one empty member. */
	if ((last->n_in > 0 || p->head == 0) && hand_over(p, out, err) < 0)
		return -1;
	while (p->tail < p->head)
		if (flush_tail(p, out, err) < 0)
			return -1;
	return 0;
}

static void
end_workers(struct compress_pool *p, bool at_once)
{
	pthread_mutex_lock(&p->lock);
	p->ended = true;
	p->ready = p->taken; /* after an error the rest is not needed */
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->n_started; i++) {
		if (at_once)
			pthread_detach(p->workers[i]);
		else
			pthread_join(p->workers[i], NULL);
	}
}

void
compress_pool_free(struct compress_pool *p, bool at_once)
{
	if (p == NULL)
		return;
	end_workers(p, at_once);
	if (at_once && p->n_started > 0)
		return;
	for (size_t i = 0; i < p->n_slots; i++) {
		free(p->slots[i].in);
		free(p->slots[i].out);
	}
	free(p->slots);
	if (p->own != NULL)
		p->packing->free(p->own);
	pthread_cond_destroy(&p->finished);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
