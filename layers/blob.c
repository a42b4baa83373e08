#include "layers/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/blob_name.h"
#include "layers/store.h"
#include "layers/store_state.h"

enum { CHUNK = 256 * 1024 };

bool
blob_has(struct store *st, const struct digest *d, uint64_t *size)
{
	char name[BLOB_NAME_MAX];
	struct stat sb;

	if (!digest_known(d) || store_use(st, blob_name(d, name), &sb) != 1 ||
	    !S_ISREG(sb.st_mode))
		return false;
	if (size != NULL)
		*size = (uint64_t)sb.st_size;
	return true;
}

int
blob_open(struct store *st, const struct digest *d, struct error *err)
{
	char name[BLOB_NAME_MAX], text[DIGEST_TEXT_MAX];
	int fd;

	if (!digest_known(d))
		return error_set(err, ERR_INTERNAL, "open a blob without a digest");
	store_use(st, blob_name(d, name), NULL);
	fd = openat(store_fd(st), name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		error_set(err, ERR_SOURCE, "blob %s is not there", digest_text(d, text));
	else
		error_sys(err, "open blob %s", digest_text(d, text));
	return store_wrap(st, err);
}

int
blob_read(struct store *st, const struct digest *d, size_t max, struct buf *out,
          struct error *err)
{
	char text[DIGEST_TEXT_MAX];
	auto_fd int fd = blob_open(st, d, err);
	auto_buf struct buf bytes = BUF_INIT;
	auto_hasher struct hasher *h = NULL;
	struct digest got;

	if (fd < 0)
		return -1;
	if (file_read_fd(fd, max, &bytes, err) < 0)
		return error_wrap(err, "blob %s", digest_text(d, text));
	/* Only small blobs are read whole: configs, manifests. */
	h = hasher_new(d->alg);
	hasher_add(h, buf_str(&bytes), bytes.n);
	got = hasher_end(h);
	if (!digest_equal(&got, d)) {
		error_set(err, ERR_DAMAGED, "blob %s has other content",
		          digest_text(d, text));
		return store_wrap(st, err);
	}
	buf_add(out, buf_str(&bytes), bytes.n);
	return 0;
}

/* Small blobs are read and verified, so that a damaged one is written again. */
static bool
is_sound(struct store *st, const struct digest *d, size_t n)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_buf struct buf bytes = BUF_INIT;
	uint64_t size;

	return blob_has(st, d, &size) && size == n &&
	       blob_read(st, d, n, &bytes, &ignored) == 0;
}

int
blob_write(struct store *st, const void *bytes, size_t n, struct digest *out,
           struct error *err)
{
	struct digest d = digest_of(bytes, n);
	auto_part struct part *part = NULL;

	if (!is_sound(st, &d, n)) {
		part = part_new(st, err);
		if (part == NULL || part_write(part, bytes, n, err) < 0 ||
		    part_keep(take(part), &d, &d, err) < 0)
			return -1;
	}
	*out = d;
	return 0;
}

static int
digest_of_blob(int fd, enum digest_alg alg, const struct cancel *cancel,
               struct digest *out, struct error *err)
{
	auto_hasher struct hasher *h = hasher_new(alg);
	auto_free char *chunk = mem_resize(NULL, CHUNK, 1);
	ssize_t n;

	while ((n = file_read_full(fd, chunk, CHUNK, err)) > 0) {
		hasher_add(h, chunk, (size_t)n);
		if (cancel_check(cancel, err) < 0)
			return -1;
	}
	if (n < 0)
		return -1;
	*out = hasher_end(h);
	return 0;
}

int
blob_check(struct store *st, const struct digest *d, const struct cancel *cancel,
           struct error *err)
{
	char text[DIGEST_TEXT_MAX];
	auto_fd int fd = -1;
	struct digest found;

	if (!blob_has(st, d, NULL))
		return 0;
	fd = blob_open(st, d, err);
	if (fd < 0)
		return -1;
	if (digest_of_blob(fd, d->alg, cancel, &found, err) < 0)
		return error_wrap(err, "blob %s", digest_text(d, text));
	if (digest_equal(&found, d))
		return 1;
	blob_drop(st, d);
	return 0;
}

void
blob_drop(struct store *st, const struct digest *d)
{
	char name[BLOB_NAME_MAX], text[DIGEST_TEXT_MAX];

	if (scratch_trash(store_scratch(st), store_fd(st), blob_name(d, name)) == 0)
		event_warn(0, "blob %s in the store is damaged: removed",
		           digest_text(d, text));
}
