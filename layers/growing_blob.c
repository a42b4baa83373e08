#include "layers/growing_blob.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"

struct growing_blob {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int fd; /* under lock, like those below; -1: not shown yet */
	uint64_t size;
	bool ended;
	uint64_t at; /* the reader's */
};

struct growing_blob *
growing_blob_new(void)
{
	struct growing_blob *a = mem_new(sizeof *a);

	a->fd = -1;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
	return a;
}

void
growing_blob_free(struct growing_blob *a)
{
	if (a == NULL)
		return;
	own_close(&a->fd);
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

/* ------------------------------------------------------------ who writes */

int
growing_blob_show(struct growing_blob *a, int fd, struct error *err)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return error_sys(err, "watch a download");
	pthread_mutex_lock(&a->lock);
	own_close(&a->fd);
	a->fd = copy;
	pthread_mutex_unlock(&a->lock);
	return 0;
}

void
growing_blob_grow(struct growing_blob *a, uint64_t size)
{
	pthread_mutex_lock(&a->lock);
	a->size = size;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

void
growing_blob_end(struct growing_blob *a)
{
	pthread_mutex_lock(&a->lock);
	a->ended = true;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

/* ------------------------------------------------------------ who reads */

/* Bytes there are beyond those that were read; 0 at the end. */
static uint64_t
wait_for_more(struct growing_blob *a)
{
	uint64_t more;

	pthread_mutex_lock(&a->lock);
	while (a->size == a->at && !a->ended)
		pthread_cond_wait(&a->changed, &a->lock);
	more = a->size - a->at;
	pthread_mutex_unlock(&a->lock);
	return more;
}

bool
growing_blob_wait(struct growing_blob *a)
{
	return wait_for_more(a) > 0;
}

ssize_t
growing_blob_read(struct growing_blob *a, void *bytes, size_t n, struct error *err)
{
	uint64_t more = wait_for_more(a);
	ssize_t got;

	if (more == 0)
		return 0;
	do
		got = pread(a->fd, bytes, n < more ? n : (size_t)more, (off_t)a->at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_sys(err, "read a download");
	a->at += (uint64_t)got;
	return got;
}
