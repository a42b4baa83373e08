#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/archive.h"
#include "layers/decompress.h"
#include "layers/store.h"
#include "layers/tar_read.h"
#include "layers/unpack.h"

/* The default limit for the unpacked size of an archive. */
#define SWELL_FLOOR ((uint64_t)1 << 30)
#define SWELL_RATIO 200

/* The place of the magic in a tar header; the oldest tars have none. */
#define MAGIC_AT 257

struct archive_index {
	struct arena *arena;
	ARRAY(struct change) changes;
	int spill_fd; /* contents that are not contiguous in the tar */
	int tar_fd;   /* the decompressed tar; -1: the caller's file is the tar */
	uint64_t spilled;
};

void
archive_close(struct archive_index *a)
{
	if (a == NULL)
		return;
	arena_free(a->arena);
	array_clear(&a->changes);
	own_close(&a->spill_fd);
	own_close(&a->tar_fd);
	free(a);
}

static inline void
own_archive(struct archive_index **a)
{
	archive_close(*a);
	*a = NULL;
}
#define auto_archive __attribute__((cleanup(own_archive)))

/* A file without a name, on the store's file system. */
static int
open_nameless(struct store *st, struct error *err)
{
	auto_fd int dir_fd = -1;
	auto_free char *dir = NULL;
	int fd = openat(store_fd(st), "tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	/* Not every file system has O_TMPFILE. */
	dir = store_tmp_dir(st, &dir_fd, err);
	if (dir == NULL)
		return -1;
	fd = openat(dir_fd, "file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		error_sys(err, "make %s/file", dir);
	store_trash(st, dir);
	return fd;
}

/* ------------------------------------------------------------ swelling */

/* The remaining unpacked size that an archive may have. */
struct budget {
	const struct cancel *cancel;
	uint64_t max, bytes, content;
};

static struct budget
budget_of(int fd, const struct archive_options *options)
{
	struct budget b = { .cancel = options->cancel, .max = options->max };
	struct stat sb;

	if (b.max > 0)
		return b;
	b.max = SWELL_FLOOR;
	if (fstat(fd, &sb) == 0 && (uint64_t)sb.st_size > b.max / SWELL_RATIO)
		b.max = (uint64_t)sb.st_size > UINT64_MAX / SWELL_RATIO
		                ? UINT64_MAX
		                : (uint64_t)sb.st_size * SWELL_RATIO;
	return b;
}

/* Adds N to *SUM, a member of B. */
static int
budget_take(struct budget *b, uint64_t *sum, uint64_t n, struct error *err)
{
	if (n <= b->max && *sum <= b->max - n) {
		*sum += n;
		return cancel_check(b->cancel, err);
	}
	error_set(err, ERR_POLICY, "the archive unpacks to more than %llu bytes",
	          (unsigned long long)b->max);
	return error_hint(err, "to allow that: --unpack-max SIZE");
}

/* ------------------------------------------------------------ sources */

struct plain_source {
	int fd;
	uint64_t at, size;
	const struct cancel *cancel;
};

static ssize_t
plain_read(void *arg, void *bytes, size_t n, struct error *err)
{
	struct plain_source *s = arg;
	ssize_t got;

	if (cancel_check(s->cancel, err) < 0)
		return -1;
	do
		got = pread(s->fd, bytes, n, (off_t)s->at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_sys(err, "read an archive");
	s->at += (uint64_t)got;
	return got;
}

static int
plain_skip(void *arg, uint64_t n, struct error *err)
{
	struct plain_source *s = arg;

	if (n > s->size - s->at)
		return error_set(err, ERR_DAMAGED, "tar archive: truncated");
	s->at += n;
	return 0;
}

/* Decompresses, and keeps the decompressed bytes, from which contents are read. */
struct unpacked_source {
	struct decompressor *decompressor;
	int keep_fd; /* -1: nothing is kept */
	struct budget *budget;
	bool failed; /* no header was read yet */
};

static ssize_t
unpacked_read(void *arg, void *bytes, size_t n, struct error *err)
{
	struct unpacked_source *s = arg;
	ssize_t got = decompressor_read(s->decompressor, bytes, n, err);

	s->failed |= got < 0;
	if (got > 0 &&
	    (budget_take(s->budget, &s->budget->bytes, (uint64_t)got, err) < 0 ||
	     (s->keep_fd >= 0 &&
	      file_write_all(s->keep_fd, bytes, (size_t)got, err) < 0))) {
		s->failed = true;
		return -1;
	}
	return got;
}

/* True if the file begins like one of the compressed formats. It checks enough bytes to
 * tell a damaged archive from text that starts with the same letters. */
static bool
is_compressed(int fd)
{
	static const unsigned char block[] = { 0x31, 0x41, 0x59, 0x26, 0x53, 0x59 };
	static const unsigned char end[] = { 0x17, 0x72, 0x45, 0x38, 0x50, 0x90 };
	unsigned char m[10] = { 0 };
	ssize_t n = pread(fd, m, sizeof m, 0);
	size_t rest = n > 4 ? (size_t)n - 4 : 0;
	uint32_t word;

	if (n < 4)
		return n == 3 &&
		       (memcmp(m, "\x1f\x8b\x08", 3) == 0 || memcmp(m, "BZh", 3) == 0);
	if (rest > sizeof block)
		rest = sizeof block;
	word = (uint32_t)m[0] | (uint32_t)m[1] << 8 | (uint32_t)m[2] << 16 |
	       (uint32_t)m[3] << 24;
	if (memcmp(m, "BZh", 3) == 0)
		return m[3] >= '1' && m[3] <= '9' &&
		       (memcmp(m + 4, block, rest) == 0 || memcmp(m + 4, end, rest) == 0);
	return (memcmp(m, "\x1f\x8b\x08", 3) == 0 && (m[3] & 0xe0) == 0) ||
	       (n >= 6 && memcmp(m, "\xfd\x37zXZ\0", 6) == 0) || word == 0xfd2fb528 ||
	       (word & 0xfffffff0) == 0x184d2a50;
}

/* ------------------------------------------------------------ index */

/* Content with holes is written to the spill file, contiguously. */
static int
spill(struct archive_index *a, struct store *st, struct tar_reader *r, struct change *c,
      struct error *err)
{
	const void *bytes = NULL;
	uint64_t at = a->spilled;
	ssize_t n;

	if (a->spill_fd < 0)
		a->spill_fd = open_nameless(st, err);
	if (a->spill_fd < 0)
		return -1;
	c->content.fd = a->spill_fd;
	c->content.offset = at;
	if (c->entry.size > (uint64_t)INT64_MAX - at)
		return error_set(err, ERR_DAMAGED, "sparse files too large");
	while ((n = tar_reader_data(r, &bytes, err)) > 0) {
		if (bytes != NULL &&
		    (lseek(a->spill_fd, (off_t)at, SEEK_SET) < 0 ||
		     file_write_all(a->spill_fd, bytes, (size_t)n, err) < 0))
			return -1;
		at += (uint64_t)n;
	}
	a->spilled = at;
	if (n == 0 && ftruncate(a->spill_fd, (off_t)at) < 0)
		return error_sys(err, "write a sparse file");
	return (int)n;
}

static int
add_item(struct archive_index *a, struct store *st, struct tar_reader *r, int fd,
         const struct tar_item *item, struct budget *budget, struct error *err)
{
	struct change c = { .entry = item->entry };
	struct entry *e = &c.entry;

	if (budget_take(budget, &budget->content, e->size, err) < 0)
		return error_wrap(err, "%.*s", TEXT_ARG(e->path));
	e->path = arena_text(a->arena, e->path);
	e->link = arena_text(a->arena, e->link);
	e->capability = arena_text(a->arena, e->capability);
	if (e->type == ENTRY_FILE && e->size > 0) {
		c.content.kind = CONTENT_RANGE;
		c.content.fd = fd;
		c.content.offset = e->offset;
		c.content.size = e->size;
		if (item->sparse && spill(a, st, r, &c, err) < 0)
			return error_wrap(err, "%.*s", TEXT_ARG(e->path));
	}
	e->offset = 0;
	array_push(&a->changes, c);
	return 0;
}

/* Whether a damaged or truncated header has the magic of a tar. */
static bool
has_magic(int fd)
{
	static const char magic[] = "ustar";
	char bytes[sizeof magic - 1];

	return pread(fd, bytes, sizeof bytes, MAGIC_AT) == (ssize_t)sizeof bytes &&
	       memcmp(bytes, magic, sizeof bytes) == 0;
}

/* 1, 0 if SOURCE does not begin like a tar (*FAULT may then say why), or -1. */
static int
fill(struct archive_index *a, struct store *st, struct tar_source source, int fd,
     struct budget *budget, struct error *fault, struct error *err)
{
	auto_tar_reader struct tar_reader *r = tar_reader_new(source, TAR_NAMES_CONFINE);
	struct tar_item item;
	int status;

	while ((status = tar_reader_next(r, &item, err)) == 1)
		if (add_item(a, st, r, fd, &item, budget, err) < 0)
			return -1;
	if (tar_reader_has_begun(r))
		return status < 0 ? -1 : 1;
	if (status < 0 && (err->code != ERR_DAMAGED || has_magic(fd)))
		return -1;
	if (status < 0)
		error_move(fault, err);
	return 0;
}

/* It began like an archive, but is damaged before its first header. */
static int
fill_from_compressed(struct archive_index *a, struct store *st, int fd,
                     struct budget *budget, struct error *err)
{
	struct unpacked_source s = { .keep_fd = -1, .budget = budget };
	struct tar_source source = { unpacked_read, NULL, &s };
	auto_error struct error fault = ERROR_INIT;
	int status;

	a->tar_fd = open_nameless(st, err);
	if (a->tar_fd < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_sys(err, "rewind an archive");
	s.keep_fd = a->tar_fd;
	s.decompressor = decompressor_open(fd, err);
	if (s.decompressor == NULL)
		return -1;
	status = fill(a, st, source, a->tar_fd, budget, &fault, err);
	decompressor_close(s.decompressor);
	if (status == 0 && s.failed) {
		error_move(err, &fault);
		return -1;
	}
	return status;
}

int
archive_open(struct store *st, int fd, const struct archive_options *options,
             struct archive_index **out, struct error *err)
{
	auto_archive struct archive_index *a = mem_new(sizeof *a);
	struct plain_source plain = { .fd = fd, .cancel = options->cancel };
	struct tar_source source = { plain_read, plain_skip, &plain };
	struct budget budget = budget_of(fd, options);
	auto_error struct error fault = ERROR_INIT;
	struct stat sb;
	int status;

	a->arena = arena_new();
	a->spill_fd = a->tar_fd = -1;
	if (fstat(fd, &sb) < 0)
		return error_sys(err, "stat an archive");
	plain.size = (uint64_t)sb.st_size;
	status = is_compressed(fd) ? fill_from_compressed(a, st, fd, &budget, err)
	                           : fill(a, st, source, fd, &budget, &fault, err);
	if (status == 1)
		*out = take(a);
	return status;
}

size_t
archive_count(const struct archive_index *a)
{
	return a->changes.n;
}

void
archive_get(const struct archive_index *a, size_t i, struct change *out)
{
	*out = a->changes.at[i];
}

/* ------------------------------------------------------------ contexts */

static int
unpack_item(struct unpacker *u, struct tar_reader *r, const struct entry *e,
            struct error *err)
{
	const void *bytes = NULL;
	ssize_t n;

	/* The directory itself is ours, not the archive's. */
	if (e->path.n == 0)
		return 0;
	if (unpack_entry(u, e, err) < 0)
		return -1;
	if (e->type != ENTRY_FILE)
		return 0;
	while ((n = tar_reader_data(r, &bytes, err)) > 0) {
		int status = bytes == NULL ? unpack_zeros(u, (uint64_t)n, err)
		                           : unpack_data(u, bytes, (size_t)n, err);

		if (status < 0)
			return -1;
	}
	return (int)n;
}

/* A truncated or damaged download may be damaged only after the last entry. */
static int
read_rest(struct unpacked_source *s, struct error *err)
{
	char bytes[4096];
	ssize_t n;

	do
		n = unpacked_read(s, bytes, sizeof bytes, err);
	while (n > 0);
	return (int)n;
}

static int
unpack_items(struct unpacker *u, struct unpacked_source *s, struct error *err)
{
	struct tar_source source = { unpacked_read, NULL, s };
	auto_tar_reader struct tar_reader *r = tar_reader_new(source, TAR_NAMES_CONFINE);
	struct tar_item item;
	int status;

	while ((status = tar_reader_next(r, &item, err)) == 1) {
		const struct entry *e = &item.entry;

		if (budget_take(s->budget, &s->budget->content, e->size, err) < 0)
			return error_wrap(err, "%.*s", TEXT_ARG(e->path));
		if (unpack_item(u, r, e, err) < 0)
			return -1;
	}
	return status < 0 ? -1 : read_rest(s, err);
}

int
archive_unpack_context(int fd, int dir_fd, const struct archive_options *options,
                       struct error *err)
{
	struct budget budget = budget_of(fd, options);
	struct unpacked_source s = { .keep_fd = -1, .budget = &budget };
	auto_unpacker struct unpacker *u = unpack_new(dir_fd, 0, err);
	int failed;

	if (u == NULL)
		return -1;
	s.decompressor = decompressor_open(fd, err);
	if (s.decompressor == NULL)
		return -1;
	failed = unpack_items(u, &s, err);
	decompressor_close(s.decompressor);
	return failed < 0 ? -1 : unpack_end(u, err);
}
