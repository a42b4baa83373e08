#include "builder/depots/depot.h"

#include "base/base.h"

/* What is read ahead, and half of it is kept for who asks again after a break. */
#define WINDOW ((size_t)8 << 20)
#define KEPT   (WINDOW / 2)

/* Between the thread that downloads and the one that reads. */
struct blob_pipe {
	struct registry *registry;
	const struct reference *ref;
	const struct descriptor *d;
	pthread_t thread;
	bool started;

	pthread_mutex_t lock;
	pthread_cond_t moved;
	char *window;     /* byte I of the blob is at I % WINDOW */
	uint64_t arrived; /* bytes of the blob so far */
	uint64_t reader;  /* where the reader is */
	bool given;       /* the reader has some of it */
	bool stopped;     /* nobody reads any more */
	bool over;        /* nothing more comes */
	struct error why; /* OVER, and not because all is there */
};

static void
copy_in(struct blob_pipe *p, const char *bytes, size_t n)
{
	while (n > 0) {
		size_t at = (size_t)(p->arrived % WINDOW), room = WINDOW - at;
		size_t part = n < room ? n : room;

		memcpy(p->window + at, bytes, part);
		bytes += part;
		n -= part;
		p->arrived += part;
	}
}

/* The bytes that may be added before something is overwritten that the reader may want. */
static size_t
room_in(const struct blob_pipe *p)
{
	uint64_t oldest = p->reader > KEPT ? p->reader - KEPT : 0;
	uint64_t held = p->arrived > oldest ? p->arrived - oldest : 0;

	return held >= WINDOW ? 0 : WINDOW - (size_t)held;
}

static int
arrive(void *arg, const void *bytes, size_t n, struct error *err)
{
	struct blob_pipe *p = arg;
	const char *at = bytes;
	int failed = 0;

	pthread_mutex_lock(&p->lock);
	while (n > 0 && failed == 0) {
		size_t room = room_in(p), part = n < room ? n : room;

		if (p->stopped) {
			failed = error_set(err, ERR_CANCELLED, "cancelled");
		} else if (part == 0) {
			pthread_cond_wait(&p->moved, &p->lock);
		} else {
			copy_in(p, at, part);
			at += part;
			n -= part;
			pthread_cond_broadcast(&p->moved);
		}
	}
	pthread_mutex_unlock(&p->lock);
	return failed;
}

/* What was damaged cannot be taken back from a reader that has seen some of it. */
static int
arrive_again(void *arg, struct error *err)
{
	struct blob_pipe *p = arg;
	bool seen = false;

	pthread_mutex_lock(&p->lock);
	seen = p->given;
	if (!seen)
		p->arrived = 0;
	pthread_mutex_unlock(&p->lock);
	return seen ? error_set(err, ERR_DAMAGED, "the blob was damaged on its way") : 0;
}

static void *
download(void *arg)
{
	struct blob_pipe *p = arg;
	auto_error struct error err = ERROR_INIT;
	int failed = registry_pull_blob(p->registry, p->ref, p->d, arrive, arrive_again,
	                                p, NULL, NULL, &err);

	pthread_mutex_lock(&p->lock);
	p->over = true;
	if (failed < 0)
		error_move(&p->why, &err);
	pthread_cond_broadcast(&p->moved);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void
stop(struct blob_pipe *p)
{
	if (!p->started)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopped = true;
	pthread_cond_broadcast(&p->moved);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	p->started = false;
}

static int
start(struct blob_pipe *p, uint64_t reader, struct error *err)
{
	stop(p);
	error_clear(&p->why);
	p->arrived = 0;
	p->reader = reader;
	p->stopped = p->over = p->given = false;
	errno = pthread_create(&p->thread, NULL, download, p);
	if (errno != 0)
		return error_sys(err, "start a thread");
	p->started = true;
	return 0;
}

/* Copies what is there at OFFSET: the count, or -1: it is there no more. The last byte is
 * given only when all were compared with the digest. */
static ssize_t
copy_out(struct blob_pipe *p, uint64_t offset, char *bytes, size_t n)
{
	bool sound = p->over && p->why.code == ERR_NONE;
	uint64_t end = sound || p->arrived < p->d->size ? p->arrived : p->d->size - 1;
	size_t at = (size_t)(offset % WINDOW);

	if (p->arrived > WINDOW && offset < p->arrived - WINDOW)
		return -1;
	if (offset >= end)
		return 0;
	if (n > end - offset)
		n = (size_t)(end - offset);
	if (n > WINDOW - at)
		n = WINDOW - at;
	memcpy(bytes, p->window + at, n);
	return (ssize_t)n;
}

static ssize_t
read_pipe(struct blob_in *in, uint64_t offset, void *bytes, size_t n, struct error *err)
{
	struct blob_pipe *p = in->pipe;
	ssize_t got = 0;

	if (offset >= p->d->size || n == 0)
		return 0;
	if (!p->started && start(p, offset, err) < 0)
		return -1;
	pthread_mutex_lock(&p->lock);
	for (;;) {
		p->reader = offset;
		pthread_cond_broadcast(&p->moved);
		got = copy_out(p, offset, bytes, n);
		p->given = p->given || got > 0;
		if (got > 0)
			break;
		if (got < 0) {
			/* Too far back: it is downloaded from the beginning. */
			pthread_mutex_unlock(&p->lock);
			if (start(p, offset, err) < 0)
				return -1;
			pthread_mutex_lock(&p->lock);
		} else if (p->over) {
			if (p->why.code == ERR_NONE)
				error_set(err, ERR_DAMAGED, "the blob is cut off");
			else
				error_move(err, &p->why);
			got = -1;
			break;
		} else {
			pthread_cond_wait(&p->moved, &p->lock);
		}
	}
	pthread_mutex_unlock(&p->lock);
	return got;
}

static void
close_pipe(struct blob_in *in)
{
	struct blob_pipe *p = in->pipe;

	stop(p);
	error_clear(&p->why);
	pthread_cond_destroy(&p->moved);
	pthread_mutex_destroy(&p->lock);
	free(p->window);
	free(p);
}

void
blob_in_pipe(struct blob_in *in, struct registry *registry, const struct reference *ref)
{
	struct blob_pipe *p = mem_new(sizeof *p);

	p->registry = registry;
	p->ref = ref;
	p->d = in->d;
	p->window = mem_new(WINDOW);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->moved, NULL);
	in->pipe = p;
	in->read = read_pipe;
	in->close = close_pipe;
}
