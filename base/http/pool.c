#include "base/http/pool.h"

#include <pthread.h>

#include "base/base.h"

/* The number of idle connections kept: more than are ever used at once. */
#define IDLE_MAX 16

struct handle_pool {
	pthread_mutex_t lock;
	struct handle *idle[IDLE_MAX]; /* least recently used first */
	size_t n_idle;
};

struct handle_pool *
handle_pool_new(void)
{
	struct handle_pool *pool = mem_new(sizeof *pool);

	pthread_mutex_init(&pool->lock, NULL);
	return pool;
}

static void
handle_free(struct handle *h)
{
	curl_easy_cleanup(h->easy);
	curl_multi_cleanup(h->multi);
	free(h->origin);
	free(h);
}

void
handle_pool_free(struct handle_pool *pool)
{
	if (pool == NULL)
		return;
	for (size_t i = 0; i < pool->n_idle; i++)
		handle_free(pool->idle[i]);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

static struct handle *
handle_new(void)
{
	struct handle *h = mem_new(sizeof *h);

	h->easy = curl_easy_init();
	h->multi = curl_multi_init();
	if (h->easy == NULL || h->multi == NULL)
		mem_die("out of memory");
	return h;
}

struct handle *
handle_get(struct handle_pool *pool, const char *origin)
{
	struct handle *h = NULL;

	pthread_mutex_lock(&pool->lock);
	for (size_t i = pool->n_idle; i > 0 && h == NULL; i--) {
		if (strcmp(pool->idle[i - 1]->origin, origin) != 0)
			continue;
		h = pool->idle[i - 1];
		memmove(&pool->idle[i - 1], &pool->idle[i],
		        (pool->n_idle - i) * sizeof *pool->idle);
		pool->n_idle--;
	}
	pthread_mutex_unlock(&pool->lock);
	if (h == NULL)
		h = handle_new();
	free(h->origin);
	h->origin = mem_copy(origin);
	return h;
}

void
handle_put(struct handle_pool *pool, struct handle *h)
{
	struct handle *oldest = NULL;

	curl_easy_reset(h->easy);
	pthread_mutex_lock(&pool->lock);
	if (pool->n_idle == IDLE_MAX) {
		oldest = pool->idle[0];
		memmove(pool->idle, pool->idle + 1, (IDLE_MAX - 1) * sizeof *pool->idle);
		pool->n_idle--;
	}
	pool->idle[pool->n_idle++] = h;
	pthread_mutex_unlock(&pool->lock);
	if (oldest != NULL)
		handle_free(oldest);
}
