#include "layers/blob_stream.h"

#include <pthread.h>

#include "base/mem.h"
#include "base/own.h"
#include "layers/blob.h"
#include "layers/block_queue.h"
#include "layers/decompress.h"
#include "layers/growing_blob.h"
#include "layers/read_ahead.h"

/* A smaller blob arrives before a thread has started. */
#define FETCH_BESIDE_MIN (UINT64_C(1) << 20)

/* A blob on its way into the store. */
struct download {
	struct layer *layer;
	struct growing_blob *blob;
	pthread_t thread;
	bool running;
	int status; /* the thread's, and ours after it has ended */
	struct error err;
};

struct blob_stream {
	struct layer *layer;
	struct download download;
	int fd; /* of the blob, if it was in the store */
	struct decompressor *decompressor;
	struct block_queue *queue;
	struct hasher *hasher; /* one of these two */
	struct part *part;
	uint64_t size;
	struct read_ahead *ahead;
};

/* ------------------------------------------------------------ the download */

bool
blob_stream_may_fetch(struct layer *l)
{
	return l->sources.n > 0 && l->blob.size >= FETCH_BESIDE_MIN &&
	       !digest_equal(&l->blob.digest, &l->diffid) &&
	       !blob_has(l->store, &l->blob.digest, NULL);
}

static void *
fetch_thread(void *arg)
{
	struct download *d = arg;
	struct layer *l = d->layer;

	d->status = layer_fetch(l, d->blob, &d->err);
	growing_blob_end(d->blob);
	return NULL;
}

static int
download_start(struct download *d, struct layer *l, struct error *err)
{
	d->layer = l;
	d->blob = growing_blob_new();
	if (pthread_create(&d->thread, NULL, fetch_thread, d) != 0)
		return error_set(err, ERR_INTERNAL, "cannot start a thread");
	d->running = true;
	return 0;
}

/* Waits for the download to end; its error replaces the one in ERR. */
static int
download_end(struct download *d, struct error *err)
{
	if (d->running)
		pthread_join(d->thread, NULL);
	d->running = false;
	if (d->status == 0)
		return 0;
	if (d->err.text != NULL)
		error_move(err, &d->err);
	return -1;
}

/* ------------------------------------------------------------ the stream */

static ssize_t
read_source(void *arg, void *bytes, size_t n, struct error *err)
{
	struct blob_stream *s = arg;
	ssize_t got = decompressor_read(s->decompressor, bytes, n, err);

	if (got <= 0)
		return got;
	s->size += (uint64_t)got;
	return block_queue_add(s->queue, bytes, (size_t)got, err) < 0 ? -1 : got;
}

static int
blob_stream_sink(void *arg, const void *bytes, size_t n, struct error *err)
{
	struct blob_stream *s = arg;

	if (s->part != NULL)
		return part_write(s->part, bytes, n, err);
	hasher_add(s->hasher, bytes, n);
	return 0;
}

ssize_t
blob_stream_read(void *arg, void *bytes, size_t n, struct error *err)
{
	struct blob_stream *s = arg;

	return read_ahead_read(s->ahead, bytes, n, err);
}

void
blob_stream_close(struct blob_stream *s)
{
	auto_error struct error ignored = ERROR_INIT;

	if (s == NULL)
		return;
	download_end(&s->download, &ignored);
	read_ahead_free(s->ahead);
	block_queue_free(s->queue);
	decompressor_close(s->decompressor);
	growing_blob_free(s->download.blob);
	hasher_free(s->hasher);
	part_drop(s->part);
	own_close(&s->fd);
	free(s);
}

/* The blob, or its beginning. */
static int
open_blob(struct blob_stream *s, struct error *err)
{
	struct layer *l = s->layer;

	if (blob_stream_may_fetch(l)) {
		if (download_start(&s->download, l, err) < 0)
			return -1;
		if (growing_blob_wait(s->download.blob)) {
			s->decompressor = decompressor_open_growing(s->download.blob,
			                                            err);
			return s->decompressor == NULL ? -1 : 0;
		}
		/* The download failed, or the blob was found elsewhere. */
		if (download_end(&s->download, err) < 0)
			return -1;
	}
	s->fd = blob_open(l->store, &l->blob.digest, err);
	if (s->fd < 0)
		return -1;
	s->decompressor = decompressor_open(s->fd, err);
	return s->decompressor == NULL ? -1 : 0;
}

struct blob_stream *
blob_stream_open(struct layer *l, bool keep_tar, struct error *err)
{
	auto_blob_stream struct blob_stream *s = mem_new(sizeof *s);

	s->layer = l;
	s->fd = -1;
	if (open_blob(s, err) < 0) {
		blob_stream_blame(s, err);
		return NULL;
	}
	if (keep_tar)
		s->part = part_new(l->store, err);
	else
		s->hasher = hasher_new(DIGEST_SHA256);
	if (keep_tar && s->part == NULL)
		return NULL;
	s->queue = block_queue_new(blob_stream_sink, s);
	s->ahead = read_ahead_new(read_source, s);
	return take(s);
}

void
blob_stream_blame(struct blob_stream *s, struct error *err)
{
	download_end(&s->download, err);
}

static int
check_tar(struct blob_stream *s, struct error *err)
{
	char want[DIGEST_TEXT_MAX], got[DIGEST_TEXT_MAX];
	struct digest found;

	if (s->part != NULL)
		return part_keep(take(s->part), &s->layer->diffid, &found, err);
	found = hasher_end(s->hasher);
	if (digest_equal(&found, &s->layer->diffid))
		return 0;
	return error_set(err, ERR_DAMAGED, "uncompressed content is %s, not %s",
	                 digest_text(&found, got), digest_text(&s->layer->diffid, want));
}

int
blob_stream_end(struct blob_stream *s, uint64_t *tar_size, struct error *err)
{
	auto_free char *rest = mem_resize(NULL, 65536, 1);
	ssize_t n;

	do
		n = blob_stream_read(s, rest, 65536, err);
	while (n > 0);
	if (n < 0 || block_queue_end(s->queue, err) < 0 ||
	    download_end(&s->download, err) < 0)
		return -1;
	*tar_size = s->size;
	return check_tar(s, err);
}
