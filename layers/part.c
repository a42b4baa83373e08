#include "layers/part.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/blob_name.h"
#include "layers/growing_blob.h"
#include "layers/store.h"
#include "layers/store_state.h"

/* Fewer zeros are written, not skipped. */
#define HOLE_MIN ((size_t)64 * 1024)

struct part {
	struct store *store;
	char name[SCRATCH_NAME_MAX]; /* in our part of tmp/ */
	int dir_fd;                  /* of that; borrowed */
	int fd;
	uint64_t size;
	struct hasher *hasher;       /* NULL: the writer verifies */
	struct growing_blob *reader; /* NULL: no concurrent reader; borrowed */
	bool ends_in_hole;           /* it may end in a hole, so its length must be set */
};

static struct part *
open_part(struct store *st, struct error *err)
{
	struct part *p;
	int dir_fd = scratch_fd(store_scratch(st), err), fd;
	char name[SCRATCH_NAME_MAX];

	if (dir_fd < 0) {
		store_wrap(st, err);
		return NULL;
	}
	scratch_name(store_scratch(st), 'p', name);
	fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0) {
		error_sys(err, "create a blob");
		store_wrap(st, err);
		return NULL;
	}
	p = mem_new(sizeof *p);
	p->store = st;
	p->dir_fd = dir_fd;
	p->fd = fd;
	memcpy(p->name, name, sizeof name);
	return p;
}

struct part *
part_new(struct store *st, struct error *err)
{
	struct part *p = open_part(st, err);

	if (p != NULL)
		p->hasher = hasher_new(DIGEST_SHA256);
	return p;
}

struct part *
part_new_verified(struct store *st, struct growing_blob *reader, struct error *err)
{
	auto_part struct part *p = open_part(st, err);

	if (p == NULL)
		return NULL;
	if (reader != NULL && growing_blob_show(reader, p->fd, err) < 0)
		return NULL;
	p->reader = reader;
	return take(p);
}

static bool
is_zeros(const char *bytes, size_t n)
{
	return bytes[0] == '\0' && memcmp(bytes, bytes + 1, n - 1) == 0;
}

/* Long runs of zeros in a tar become holes on disk. A concurrent reader needs the file to
 * be as long as the bytes written so far. */
static int
write_bytes(struct part *p, const void *bytes, size_t n, struct error *err)
{
	if (n < HOLE_MIN || p->reader != NULL || !is_zeros(bytes, n))
		return file_write_all(p->fd, bytes, n, err);
	p->ends_in_hole = true;
	return lseek(p->fd, (off_t)n, SEEK_CUR) < 0 ? error_sys(err, "write a blob") : 0;
}

int
part_write(struct part *p, const void *bytes, size_t n, struct error *err)
{
	if (p->hasher != NULL)
		hasher_add(p->hasher, bytes, n);
	if (write_bytes(p, bytes, n, err) < 0)
		return store_wrap(p->store, err);
	p->size += n;
	if (p->reader != NULL)
		growing_blob_grow(p->reader, p->size);
	return 0;
}

int
part_restart(struct part *p, struct error *err)
{
	if (p->reader != NULL)
		growing_blob_end(p->reader);
	p->reader = NULL;
	if (lseek(p->fd, 0, SEEK_SET) < 0 || ftruncate(p->fd, 0) < 0) {
		error_sys(err, "empty a blob");
		return store_wrap(p->store, err);
	}
	p->size = 0;
	p->ends_in_hole = false;
	if (p->hasher != NULL) {
		hasher_free(p->hasher);
		p->hasher = hasher_new(DIGEST_SHA256);
	}
	return 0;
}

int
part_fd(struct part *p)
{
	return p->fd;
}

uint64_t
part_size(const struct part *p)
{
	return p->size;
}

static void
part_free(struct part *p)
{
	own_close(&p->fd);
	hasher_free(p->hasher);
	free(p);
}

void
part_drop(struct part *p)
{
	if (p == NULL)
		return;
	unlinkat(p->dir_fd, p->name, 0);
	part_free(p);
}

/* Parts are hashed with SHA-256 on the way; another algorithm is rarely wanted. */
static int
part_digest(struct part *p, const struct digest *want, struct digest *out,
            struct error *err)
{
	enum digest_alg alg = want == NULL ? DIGEST_SHA256 : want->alg;

	if (p->hasher == NULL && want == NULL)
		return error_set(err, ERR_INTERNAL, "a blob whose digest is unknown");
	if (p->hasher == NULL) {
		*out = *want;
		return 0;
	}
	*out = hasher_end(p->hasher);
	if (alg == DIGEST_SHA256)
		return 0;
	if (lseek(p->fd, 0, SEEK_SET) < 0)
		return error_sys(err, "rewind a blob");
	return blob_digest_fd(p->fd, alg, out, err);
}

static int
make_alg_dir(struct store *st, const struct digest *d, struct error *err)
{
	auto_free char *name = mem_print("blobs/%s", digest_alg_name(d));

	if (mkdirat(store_fd(st), name, 0755) < 0 && errno != EEXIST)
		return error_sys(err, "create directory %s", name);
	return 0;
}

/* An existing blob may be damaged, so it is replaced. */
static int
publish(struct part *p, const struct digest *d, struct error *err)
{
	char name[BLOB_NAME_MAX];

	blob_name(d, name);
	if (d->alg != DIGEST_SHA256 && make_alg_dir(p->store, d, err) < 0)
		return store_wrap(p->store, err);
	if (renameat(p->dir_fd, p->name, store_fd(p->store), name) < 0) {
		error_sys(err, "rename a blob to %s", name);
		return store_wrap(p->store, err);
	}
	return 0;
}

int
part_keep(struct part *part, const struct digest *want, struct digest *got,
          struct error *err)
{
	auto_part struct part *p = part;
	char want_text[DIGEST_TEXT_MAX], found_text[DIGEST_TEXT_MAX];
	struct digest found = { 0 };

	if (p->ends_in_hole && ftruncate(p->fd, (off_t)p->size) < 0)
		return error_sys(err, "write a blob");
	if (part_digest(p, want, &found, err) < 0)
		return -1;
	if (want != NULL && !digest_equal(want, &found))
		return error_set(err, ERR_DAMAGED, "content is %s, not %s",
		                 digest_text(&found, found_text),
		                 digest_text(want, want_text));
	if (publish(p, &found, err) < 0)
		return -1;
	part_free(take(p));
	if (got != NULL)
		*got = found;
	return 0;
}
