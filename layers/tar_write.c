#include "layers/tar_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/own.h"
#include "base/path.h"
#include "layers/tar_header.h"
#include "layers/whiteout.h"
#include "layers/xattrs.h"

struct tar_writer {
	struct block_queue *queue;
	uint64_t offset;
	uint64_t due;             /* content still to come */
	size_t padding;           /* after it */
	struct buf name, records; /* of the entry at hand */
};

struct tar_writer *
tar_writer_new(block_sink_fn *sink, void *arg)
{
	struct tar_writer *w = mem_new(sizeof *w);

	w->queue = block_queue_new(sink, arg);
	return w;
}

void
tar_writer_free(struct tar_writer *w)
{
	if (w == NULL)
		return;
	block_queue_free(w->queue);
	buf_clear(&w->name);
	buf_clear(&w->records);
	free(w);
}

uint64_t
tar_writer_offset(const struct tar_writer *w)
{
	return w->offset;
}

uint64_t
tar_writer_due(const struct tar_writer *w)
{
	return w->due;
}

static int
put(struct tar_writer *w, const void *bytes, size_t n, struct error *err)
{
	w->offset += n;
	return block_queue_add(w->queue, bytes, n, err);
}

static int
put_zeros(struct tar_writer *w, size_t n, struct error *err)
{
	static const char zeros[2 * TAR_BLOCK];

	return n == 0 ? 0 : put(w, zeros, n, err);
}

/* ------------------------------------------------------------ pax records */

static bool
is_ascii(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.p[i] >= 0x80)
			return false;
	return true;
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts itself. */
static void
add_record(struct buf *out, const char *key, struct text value)
{
	size_t rest = strlen(key) + value.n + 3, total = rest, before;

	do {
		before = total;
		total = rest + (size_t)snprintf(NULL, 0, "%zu", before);
	} while (total != before);
	buf_print(out, "%zu %s=", total, key);
	buf_add_text(out, value);
	buf_add_char(out, '\n');
}

static void
add_number_record(struct buf *out, const char *key, int64_t value)
{
	char digits[24];

	snprintf(digits, sizeof digits, "%" PRId64, value);
	add_record(out, key, text_of(digits));
}

/* Where "/" splits NAME into prefix and name of a ustar header, or 0. As Go's
 * archive/tar, so that the same names need a pax header. */
static size_t
split_point(struct text name)
{
	size_t n = name.n;

	if (n <= TAR_NAME_MAX || !is_ascii(name))
		return 0;
	if (n > TAR_PREFIX_MAX + 1)
		n = TAR_PREFIX_MAX + 1;
	else if (name.p[n - 1] == '/')
		n--;
	while (n > 0 && name.p[n - 1] != '/')
		n--;
	if (n <= 1 || name.n - n > TAR_NAME_MAX || name.n == n)
		return 0;
	return n - 1;
}

static bool
fits(uint64_t value, uint64_t max)
{
	return value <= max;
}

/* Collects the records of E, named NAME in the archive, in byte order of their
 * keys. What merely could be split is recorded only if a pax header is needed
 * anyway: then the prefix field stays empty. */
static void
collect_records(struct buf *out, const struct entry *e, struct text name, uint64_t size)
{
	bool long_name = name.n > TAR_NAME_MAX || !is_ascii(name);
	bool split = long_name && split_point(name) > 0;
	bool mtime_fits = e->mtime >= 0 && fits((uint64_t)e->mtime, TAR_LARGE_MAX);
	bool long_link = e->link.n > TAR_NAME_MAX || !is_ascii(e->link);

	if (split && e->capability.n == 0 && fits(e->gid, TAR_SMALL_MAX) && !long_link &&
	    mtime_fits && fits(size, TAR_LARGE_MAX) && fits(e->uid, TAR_SMALL_MAX))
		return;
	if (e->capability.n > 0)
		add_record(out, "SCHILY.xattr." XATTR_CAPABILITY, e->capability);
	if (!fits(e->gid, TAR_SMALL_MAX))
		add_number_record(out, "gid", e->gid);
	if (long_link)
		add_record(out, "linkpath", e->link);
	if (!mtime_fits)
		add_number_record(out, "mtime", e->mtime);
	if (long_name)
		add_record(out, "path", name);
	if (!fits(size, TAR_LARGE_MAX))
		add_number_record(out, "size", (int64_t)size);
	if (!fits(e->uid, TAR_SMALL_MAX))
		add_number_record(out, "uid", e->uid);
}

/* ------------------------------------------------------------ headers */

/* Copies the ASCII bytes of T as far as they fit, NUL after them if there is
 * room. A cut name does not end in "/": readers would take it for a directory. */
static void
put_name(char *field, size_t n, struct text t)
{
	size_t used = 0;

	for (size_t i = 0; i < t.n && used < n; i++)
		if ((unsigned char)t.p[i] < 0x80)
			field[used++] = t.p[i];
	if (used < n)
		return;
	if (t.n > n && field[n - 1] == '/')
		while (used > 0 && field[used - 1] == '/')
			field[--used] = '\0';
}

static void
seal(struct tar_header *h)
{
	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	tar_put_octal(h->checksum, 7, tar_checksum(h, NULL));
	h->checksum[7] = ' ';
}

/* The extended header before the entry's own: named DIR/PaxHeaders.0/BASE. */
static int
put_records(struct tar_writer *w, struct text name, struct error *err)
{
	struct tar_header h = { 0 };
	struct text file = path_base(name);
	struct buf pax_name = BUF_INIT;
	size_t n;

	buf_add_text(&pax_name, text_first(name, name.n - file.n));
	buf_add_str(&pax_name, "PaxHeaders.0");
	if (file.n > 0) {
		buf_add_char(&pax_name, '/');
		buf_add_text(&pax_name, file);
	}
	put_name(h.name, sizeof h.name, buf_text(&pax_name));
	buf_clear(&pax_name);
	n = strnlen(h.name, sizeof h.name);
	while (n > 0 && h.name[n - 1] == '/')
		h.name[--n] = '\0';
	tar_put_octal(h.mode, sizeof h.mode, 0);
	tar_put_octal(h.uid, sizeof h.uid, 0);
	tar_put_octal(h.gid, sizeof h.gid, 0);
	tar_put_octal(h.size, sizeof h.size, w->records.n);
	tar_put_octal(h.mtime, sizeof h.mtime, 0);
	h.type = 'x';
	seal(&h);
	if (put(w, &h, sizeof h, err) < 0 || put(w, w->records.p, w->records.n, err) < 0)
		return -1;
	return put_zeros(w, tar_padding(w->records.n), err);
}

static char
type_flag(uint8_t type)
{
	static const char flags[] = {
		[ENTRY_FILE] = '0',     [ENTRY_DIR] = '5',      [ENTRY_SYMLINK] = '2',
		[ENTRY_HARDLINK] = '1', [ENTRY_CHAR] = '3',     [ENTRY_BLOCK] = '4',
		[ENTRY_FIFO] = '6',     [ENTRY_WHITEOUT] = '0',
	};

	return flags[type];
}

static int
put_header(struct tar_writer *w, const struct entry *e, struct text name,
           struct error *err)
{
	struct tar_header h = { 0 };
	uint64_t size = e->type == ENTRY_FILE ? e->size : 0;
	size_t split;

	if (e->dev_major > TAR_SMALL_MAX || e->dev_minor > TAR_SMALL_MAX)
		return error_set(err, ERR_SOURCE, "%.*s: device number too large",
		                 TEXT_ARG(e->path));
	buf_truncate(&w->records, 0);
	collect_records(&w->records, e, name, size);
	if (w->records.n > 0 && put_records(w, name, err) < 0)
		return -1;
	split = w->records.n > 0 ? 0 : split_point(name);
	if (split > 0) {
		memcpy(h.prefix, name.p, split);
		name = text_from(name, split + 1);
	}
	put_name(h.name, sizeof h.name, name);
	put_name(h.link, sizeof h.link, e->link);
	tar_put_octal(h.mode, sizeof h.mode, e->mode);
	tar_put_octal(h.uid, sizeof h.uid, e->uid);
	tar_put_octal(h.gid, sizeof h.gid, e->gid);
	tar_put_octal(h.size, sizeof h.size, size);
	tar_put_octal(h.mtime, sizeof h.mtime, e->mtime < 0 ? 0 : (uint64_t)e->mtime);
	tar_put_octal(h.dev_major, sizeof h.dev_major, e->dev_major);
	tar_put_octal(h.dev_minor, sizeof h.dev_minor, e->dev_minor);
	h.type = type_flag(e->type);
	seal(&h);
	if (put(w, &h, sizeof h, err) < 0)
		return -1;
	w->due = size;
	w->padding = tar_padding(size);
	return 0;
}

/* Marks carry no owner, mode or time. */
static int
put_mark(struct tar_writer *w, struct text name, struct error *err)
{
	struct entry mark = { .path = name, .type = ENTRY_WHITEOUT };

	return put_header(w, &mark, name, err);
}

static int
put_opaque_mark(struct tar_writer *w, struct text dir, struct error *err)
{
	buf_truncate(&w->name, 0);
	buf_add_text(&w->name, dir);
	buf_add_str(&w->name, "/" WHITEOUT_OPAQUE_NAME);
	return put_mark(w, buf_text(&w->name), err);
}

int
tar_writer_entry(struct tar_writer *w, const struct entry *e, struct error *err)
{
	if (e->path.n == 0)
		return 0;
	buf_truncate(&w->name, 0);
	if (e->type == ENTRY_WHITEOUT) {
		whiteout_print(e->path, &w->name);
		return put_mark(w, buf_text(&w->name), err);
	}
	buf_add_text(&w->name, e->path);
	if (e->type == ENTRY_DIR)
		buf_add_char(&w->name, '/');
	if (put_header(w, e, buf_text(&w->name), err) < 0)
		return -1;
	return e->opaque ? put_opaque_mark(w, e->path, err) : 0;
}

/* ------------------------------------------------------------ content */

char *
tar_writer_room(struct tar_writer *w, size_t *n, struct error *err)
{
	char *room = block_queue_room(w->queue, n, err);

	if (room != NULL && *n > w->due)
		*n = (size_t)w->due;
	return room;
}

/* The padding goes out with the last byte of the content. Room for it is found
 * without waiting: blocks are a multiple of 512 bytes, as is the offset then. */
void
tar_writer_fill(struct tar_writer *w, size_t n)
{
	block_queue_fill(w->queue, n);
	w->offset += n;
	w->due -= n;
	if (w->due == 0 && w->padding > 0) {
		struct error never = ERROR_INIT;

		put_zeros(w, w->padding, &never);
		w->padding = 0;
	}
}

int
tar_writer_data(struct tar_writer *w, const void *bytes, size_t n, struct error *err)
{
	const char *p = bytes;

	while (n > 0) {
		size_t room = 0;
		char *to = tar_writer_room(w, &room, err);

		if (to == NULL)
			return -1;
		if (room > n)
			room = n;
		memcpy(to, p, room);
		tar_writer_fill(w, room);
		p += room;
		n -= room;
	}
	return 0;
}

int
tar_writer_end(struct tar_writer *w, struct error *err)
{
	if (put_zeros(w, 2 * TAR_BLOCK, err) < 0)
		return -1;
	return block_queue_end(w->queue, err);
}
