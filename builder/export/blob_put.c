#include "builder/export/blob_put.h"

#include "base/base.h"
#include "base/event.h"
#include "base/job.h"
#include "layers/blob.h"
#include "layers/layer.h"

/* The number of concurrent transfers to one place. More gain nothing, because a registry
 * hashes what it gets. */
#define TRANSFERS 4

/* A blob is opened only if its bytes must really be sent, so a base layer that the target
 * has is never downloaded. */
static int
open_blob(struct blob_source *s, struct error *err)
{
	if (s->fd >= 0)
		return 0;
	if (s->blob->layer != NULL &&
	    !blob_has(s->options->store, &s->blob->descriptor.digest, NULL) &&
	    layer_make(s->blob->layer, LAYER_BLOB, s->options->cancel, err) < 0)
		return -1;
	s->fd = blob_open(s->options->store, &s->blob->descriptor.digest, err);
	return s->fd < 0 ? -1 : 0;
}

/* Bytes that are asked for again were hashed before. A damaged blob has no last byte. */
static int
compare(struct blob_source *s, uint64_t offset, const char *bytes, size_t n,
        struct error *err)
{
	const struct descriptor *d = &s->blob->descriptor;
	char name[DIGEST_TEXT_MAX];
	struct digest found;

	if (offset > s->hashed || offset + n <= s->hashed)
		return 0;
	bytes += s->hashed - offset;
	n -= (size_t)(s->hashed - offset);
	if (s->hasher == NULL)
		s->hasher = hasher_new(d->digest.alg);
	hasher_add(s->hasher, bytes, n);
	s->hashed += n;
	if (s->hashed < d->size)
		return 0;
	found = hasher_end(s->hasher);
	hasher_free(take(s->hasher));
	if (digest_equal(&found, &d->digest))
		return 0;
	return error_set(err, ERR_DAMAGED, "blob %s is damaged in the store",
	                 digest_text(&d->digest, name));
}

ssize_t
blob_source_read(void *source, uint64_t offset, void *bytes, size_t n, struct error *err)
{
	struct blob_source *s = source;
	ssize_t got = 0;

	if (s->blob->text != NULL) {
		size_t size = s->blob->descriptor.size;
		size_t left = offset < size ? size - (size_t)offset : 0;

		n = n < left ? n : left;
		memcpy(bytes, s->blob->text + (left > 0 ? offset : 0), n);
		return (ssize_t)n;
	}
	if (open_blob(s, err) < 0)
		return -1;
	got = pread(s->fd, bytes, n, (off_t)offset);
	if (got < 0)
		return error_sys(err, "read blob");
	return compare(s, offset, bytes, (size_t)got, err) < 0 ? -1 : got;
}

void
blob_source_progress(void *source, uint64_t done, uint64_t total)
{
	const struct blob_source *s = source;
	char hex[DIGEST_HEX_MAX];
	auto_free char *name = mem_print("pushing sha256:%.12s",
	                                 digest_hex(&s->blob->descriptor.digest, hex));

	event_status(s->vertex, name, done, total, done == total);
}

static int
put_once(struct blob_source *s, struct error *err)
{
	int failed = s->put(s->arg, s, err);

	own_close(&s->fd);
	hasher_free(s->hasher);
	s->hasher = NULL;
	s->hashed = 0;
	return failed;
}

static int
put_run(void *arg, struct error *err)
{
	struct blob_source *s = arg;
	const struct descriptor *d = &s->blob->descriptor;

	if (put_once(s, err) == 0)
		return 0;
	if (err->code != ERR_DAMAGED || s->blob->text != NULL)
		return -1;
	if (s->blob->layer == NULL) {
		blob_drop(s->options->store, &d->digest);
		return error_hint(err, "build or pull the image again");
	}
	event_warn_error(s->vertex, err, "made again");
	if (layer_remake(s->blob->layer, s->packed, d, s->options->cancel, err) < 0)
		return -1;
	return put_once(s, err);
}

int
blobs_put(const struct export_options *options, const struct package_blobs *blobs,
          const struct compressor *packed, int vertex, blob_put_fn *put, void *arg,
          struct error *err)
{
	auto_free struct blob_source *sources = mem_new_n(blobs->list.n + 1,
	                                                  sizeof *sources);
	struct pool *pool = pool_new(TRANSFERS);
	struct group *group = group_new(pool);
	int failed = 0;

	for (size_t i = 0; i < blobs->list.n; i++) {
		sources[i] = (struct blob_source){ .blob = &blobs->list.at[i],
			                           .options = options,
			                           .packed = packed,
			                           .vertex = vertex,
			                           .put = put,
			                           .arg = arg,
			                           .fd = -1 };
		group_add(group, put_run, &sources[i]);
	}
	failed = group_wait(group, err);
	group_free(group);
	pool_free(pool);
	return failed;
}
