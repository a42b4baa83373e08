#include "builder/depots/depot.h"

#include <errno.h>
#include <unistd.h>

#include "base/base.h"

#define PIECE ((size_t)1 << 20)

void
blob_in_close(struct blob_in *in)
{
	if (in->close != NULL)
		in->close(in);
	hasher_free(in->hasher);
	own_close(&in->fd);
	*in = (struct blob_in){ .fd = -1 };
}

/* Bytes that are asked for again were hashed before. A damaged blob has no last byte. */
static int
compare(struct blob_in *in, uint64_t offset, const char *bytes, size_t n,
        struct error *err)
{
	char name[DIGEST_TEXT_MAX];
	struct digest found;

	if (offset > in->hashed || offset + n <= in->hashed)
		return 0;
	bytes += in->hashed - offset;
	n -= (size_t)(in->hashed - offset);
	if (in->hasher == NULL)
		in->hasher = hasher_new(in->d->digest.alg);
	hasher_add(in->hasher, bytes, n);
	in->hashed += n;
	if (in->hashed < in->d->size)
		return 0;
	found = hasher_end(in->hasher);
	if (digest_equal(&found, &in->d->digest))
		return 0;
	return error_set(err, ERR_DAMAGED, "blob %s is damaged",
	                 digest_text(&in->d->digest, name));
}

static ssize_t
read_file(struct blob_in *in, uint64_t offset, void *bytes, size_t n, struct error *err)
{
	uint64_t left = offset < in->d->size ? in->d->size - offset : 0;
	char name[DIGEST_TEXT_MAX];
	ssize_t got = 0;

	n = n < left ? n : (size_t)left;
	got = n == 0 ? 0 : pread(in->fd, bytes, n, (off_t)offset);
	if (got < 0)
		return error_sys(err, "read blob");
	if (got == 0 && n > 0)
		return error_set(err, ERR_DAMAGED, "blob %s is cut off",
		                 digest_text(&in->d->digest, name));
	return compare(in, offset, bytes, (size_t)got, err) < 0 ? -1 : got;
}

void
blob_in_file(struct blob_in *in, int fd)
{
	in->fd = fd;
	in->read = read_file;
}

static ssize_t
read_text(struct blob_in *in, uint64_t offset, void *bytes, size_t n, struct error *err)
{
	size_t left = offset < in->memory.n ? in->memory.n - (size_t)offset : 0;

	(void)err;
	n = n < left ? n : left;
	memcpy(bytes, in->memory.p + (left > 0 ? offset : 0), n);
	return (ssize_t)n;
}

void
blob_in_text(struct blob_in *in, struct text text)
{
	in->memory = text;
	in->read = read_text;
}

ssize_t
blob_in_read(void *arg, uint64_t offset, void *bytes, size_t n, struct error *err)
{
	struct blob_in *in = arg;

	return in->read(in, offset, bytes, n, err);
}

int
blob_in_pass(struct blob_in *in, const struct cancel *cancel, blob_sink_fn *sink,
             void *arg, struct error *err)
{
	auto_free char *piece = mem_new(PIECE);
	char name[DIGEST_TEXT_MAX];
	uint64_t offset = 0;

	while (offset < in->d->size) {
		ssize_t n = blob_in_read(in, offset, piece, PIECE, err);

		if (n == 0)
			return error_set(err, ERR_DAMAGED, "blob %s is cut off",
			                 digest_text(&in->d->digest, name));
		if (n < 0 || cancel_check(cancel, err) < 0 ||
		    sink(arg, piece, (size_t)n, err) < 0)
			return -1;
		offset += (uint64_t)n;
	}
	return 0;
}
