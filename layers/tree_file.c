#include "layers/tree_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/path.h"
#include "base/sealed.h"
#include "layers/store.h"
#include "layers/store_state.h"

#define MAGIC "cooptree"

enum {
	VERSION = 2,
	HEADER_SIZE = 16,
	TOTALS_SIZE = 16,
	CAPABILITY_ROOM = 32,
	ENTRY_MIN = 7, /* bytes of the smallest entry */
};

/* A larger file is not an index of a layer. */
#define FILE_MAX (UINT64_C(4) << 30)

enum { FLAG_TYPE = 0x0f, FLAG_OPAQUE = 0x10, FLAG_CAPABILITY = 0x20 };

static void
put_fixed(struct buf *out, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_add_char(out, (char)(value >> (8 * i)));
}

static uint64_t
get_fixed(const char *p, size_t n)
{
	uint64_t value = 0;

	for (size_t i = n; i > 0; i--)
		value = value << 8 | (uint8_t)p[i - 1];
	return value;
}

static void
put_number(struct buf *out, uint64_t value)
{
	char bytes[10];
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[n++] = (char)(0x80 | (value & 0x7f));
	bytes[n++] = (char)value;
	buf_add(out, bytes, n);
}

static void
put_text(struct buf *out, struct text t)
{
	put_number(out, t.n);
	buf_add_text(out, t);
}

static size_t
shared_prefix(struct text a, struct text b)
{
	size_t n = a.n < b.n ? a.n : b.n, i = 0;

	while (i < n && a.p[i] == b.p[i])
		i++;
	return i;
}

static void
put_entry(struct buf *out, const struct entry *e, struct text before)
{
	size_t shared = shared_prefix(before, e->path);
	uint64_t mtime = (uint64_t)e->mtime;

	buf_add_char(out, (char)(e->type | (e->opaque ? FLAG_OPAQUE : 0) |
	                         (e->capability.n > 0 ? FLAG_CAPABILITY : 0)));
	put_number(out, shared);
	put_text(out, text_from(e->path, shared));
	put_number(out, e->mode);
	put_number(out, e->uid);
	put_number(out, e->gid);
	put_number(out, mtime << 1 ^ (e->mtime < 0 ? UINT64_MAX : 0));
	if (e->type == ENTRY_FILE) {
		put_number(out, e->size);
		put_number(out, e->offset);
	} else if (e->type == ENTRY_SYMLINK || e->type == ENTRY_HARDLINK) {
		put_text(out, e->link);
	} else if (e->type == ENTRY_CHAR || e->type == ENTRY_BLOCK) {
		put_number(out, e->dev_major);
		put_number(out, e->dev_minor);
	}
	if (e->capability.n > 0)
		put_text(out, e->capability);
}

/* The bytes after the header, as they are decompressed. */
struct printer {
	struct sealed_writer *to;
	struct buf piece;  /* an entry */
	struct buf before; /* the path of the last one */
	uint64_t n, text_bytes;
};

static void
printer_clear(struct printer *p)
{
	buf_clear(&p->piece);
	buf_clear(&p->before);
}

static void
send_piece(struct printer *p)
{
	sealed_add_text(p->to, buf_text(&p->piece));
	buf_truncate(&p->piece, 0);
}

static void
print_header(struct printer *p)
{
	buf_add_str(&p->piece, MAGIC);
	put_fixed(&p->piece, VERSION, 4);
	put_fixed(&p->piece, 0, 4);
	send_piece(p);
}

static void
print_entry(struct printer *p, const struct entry *e)
{
	put_entry(&p->piece, e, buf_text(&p->before));
	send_piece(p);
	buf_truncate(&p->before, 0);
	buf_add_text(&p->before, e->path);
	p->n++;
	p->text_bytes += e->path.n + e->link.n + e->capability.n + 3;
}

static void
print_totals(struct printer *p)
{
	put_fixed(&p->piece, p->n, 8);
	put_fixed(&p->piece, p->text_bytes, 8);
	send_piece(p);
}

void
tree_print(const struct tree *t, struct buf *out)
{
	auto_sealed_writer struct sealed_writer to = { .fd = -1 };
	__attribute__((cleanup(printer_clear))) struct printer p = { .to = &to };
	auto_error struct error never = ERROR_INIT;

	print_header(&p);
	for (size_t i = 0; i < t->n; i++)
		print_entry(&p, &t->entries[i]);
	print_totals(&p);
	sealed_end(&to, &never);
	buf_add_text(out, buf_text(&to.pending));
}

/* ------------------------------------------------------------ reading */

struct cursor {
	const char *p, *end;
	char *text, *text_end; /* where texts go, NUL after each */
	bool bad;
};

static uint64_t
get_number(struct cursor *c)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && c->p < c->end; shift += 7) {
		uint8_t byte = (uint8_t)*c->p++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	c->bad = true;
	return 0;
}

static uint32_t
get_small(struct cursor *c, uint32_t max)
{
	uint64_t value = get_number(c);

	if (value > max)
		c->bad = true;
	return (uint32_t)value;
}

/* PREFIX and then the text at the cursor, copied. */
static struct text
get_text(struct cursor *c, struct text prefix)
{
	uint64_t n = get_number(c);
	struct text t = { c->text, prefix.n };

	if (c->bad || n > (uint64_t)(c->end - c->p) ||
	    prefix.n + n + 1 > (uint64_t)(c->text_end - c->text)) {
		c->bad = true;
		return (struct text){ 0 };
	}
	if (prefix.n > 0)
		memcpy(c->text, prefix.p, prefix.n);
	memcpy(c->text + prefix.n, c->p, n);
	c->p += n;
	t.n += n;
	c->text += t.n;
	*c->text++ = '\0';
	return t;
}

static void
get_entry(struct cursor *c, struct entry *e, struct text before)
{
	uint32_t flags = get_small(c, 0xff);
	uint64_t shared = get_number(c), mtime;

	if (shared > before.n) {
		c->bad = true;
		return;
	}
	e->path = get_text(c, text_first(before, shared));
	e->type = flags & FLAG_TYPE;
	e->opaque = (flags & FLAG_OPAQUE) != 0;
	e->mode = (uint16_t)get_small(c, 07777);
	e->uid = get_small(c, UINT32_MAX);
	e->gid = get_small(c, UINT32_MAX);
	mtime = get_number(c);
	e->mtime = (int64_t)(mtime >> 1 ^ (mtime & 1 ? UINT64_MAX : 0));
	if (e->type == ENTRY_FILE) {
		e->size = get_number(c);
		e->offset = get_number(c);
	} else if (e->type == ENTRY_SYMLINK || e->type == ENTRY_HARDLINK) {
		e->link = get_text(c, (struct text){ 0 });
	} else if (e->type == ENTRY_CHAR || e->type == ENTRY_BLOCK) {
		e->dev_major = get_small(c, UINT32_MAX);
		e->dev_minor = get_small(c, UINT32_MAX);
	} else if (e->type > ENTRY_WHITEOUT) {
		c->bad = true;
	}
	if (flags & FLAG_CAPABILITY)
		e->capability = get_text(c, (struct text){ 0 });
}

static bool
get_entries(struct cursor *c, struct entry *entries, uint64_t n)
{
	struct text before = { 0 };

	for (uint64_t i = 0; i < n && !c->bad; i++) {
		get_entry(c, &entries[i], before);
		if (!c->bad && i > 0 && path_compare(before, entries[i].path) >= 0)
			return false;
		before = entries[i].path;
	}
	return !c->bad && c->p == c->end;
}

struct tree *
tree_parse(struct text bytes)
{
	auto_arena struct arena *arena = NULL;
	auto_free struct entry *entries = NULL;
	struct cursor c = { 0 };
	uint64_t n, text_bytes;

	if (bytes.n < HEADER_SIZE + TOTALS_SIZE + SEALED_CHECKSUM_SIZE ||
	    !text_starts(bytes, MAGIC) || get_fixed(bytes.p + 8, 4) != VERSION)
		return NULL;
	c.p = bytes.p + HEADER_SIZE;
	c.end = bytes.p + bytes.n - SEALED_CHECKSUM_SIZE;
	if (get_fixed(c.end, SEALED_CHECKSUM_SIZE) !=
	    libdeflate_crc32(0, bytes.p, bytes.n - SEALED_CHECKSUM_SIZE))
		return NULL;
	c.end -= TOTALS_SIZE;
	n = get_fixed(c.end, 8);
	text_bytes = get_fixed(c.end + 8, 8);
	/* Every path costs at least what it does not share with its neighbour,
	 * so neither number can be far beyond the file's own size. */
	if (n > bytes.n / ENTRY_MIN || text_bytes > n * (2 * PATH_MAX + CAPABILITY_ROOM))
		return NULL;
	arena = arena_new();
	entries = mem_new_n(n + 1, sizeof *entries);
	c.text = arena_alloc(arena, text_bytes + 1);
	c.text_end = c.text + text_bytes;
	if (!get_entries(&c, entries, n))
		return NULL;
	return tree_new(take(entries), n, take(arena));
}

/* ------------------------------------------------------------ files */

struct tree_writer {
	struct store *store;
	int dir_fd; /* of NAME; borrowed */
	char name[SCRATCH_NAME_MAX];
	int fd;
	struct sealed_writer to;
	struct printer printer;
};

struct tree_writer *
tree_writer_new(struct store *st, struct error *err)
{
	auto_tree_writer struct tree_writer *w = NULL;
	int dir_fd = scratch_fd(store_scratch(st), err);

	if (dir_fd < 0)
		return NULL;
	w = mem_new(sizeof *w);
	w->store = st;
	w->dir_fd = dir_fd;
	scratch_name(store_scratch(st), 't', w->name);
	w->fd = openat(dir_fd, w->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (w->fd < 0) {
		error_sys(err, "make %s", w->name);
		return NULL;
	}
	w->to.fd = w->fd;
	w->printer.to = &w->to;
	print_header(&w->printer);
	return take(w);
}

int
tree_writer_add(struct tree_writer *w, const struct entry *e, struct error *err)
{
	if (w->printer.n > 0 && path_compare(buf_text(&w->printer.before), e->path) >= 0)
		return error_set(err, ERR_INTERNAL, "%.*s: out of order",
		                 TEXT_ARG(e->path));
	print_entry(&w->printer, e);
	return 0;
}

int
tree_writer_keep(struct tree_writer *taken, const char *id, struct error *err)
{
	auto_tree_writer struct tree_writer *w = taken;
	auto_free char *name = mem_print("trees/%s", id);

	print_totals(&w->printer);
	if (sealed_end(&w->to, err) < 0)
		return -1;
	if (renameat(w->dir_fd, w->name, store_fd(w->store), name) < 0)
		return error_sys(err, "rename %s to %s", w->name, name);
	own_close(&w->fd);
	return 0;
}

void
tree_writer_free(struct tree_writer *w)
{
	if (w == NULL)
		return;
	/* The draft is kept when it is closed. */
	if (w->fd >= 0)
		unlinkat(w->dir_fd, w->name, 0);
	own_close(&w->fd);
	printer_clear(&w->printer);
	sealed_writer_clear(&w->to);
	free(w);
}

int
tree_file_write(struct store *st, const char *id, const struct tree *t, struct error *err)
{
	auto_tree_writer struct tree_writer *w = tree_writer_new(st, err);

	if (w == NULL)
		return -1;
	for (size_t i = 0; i < t->n; i++)
		if (tree_writer_add(w, &t->entries[i], err) < 0)
			return -1;
	return tree_writer_keep(take(w), id, err);
}

struct tree *
tree_file_read(struct store *st, const char *id)
{
	auto_buf struct buf bytes = BUF_INIT;
	auto_error struct error ignored = ERROR_INIT;
	auto_free char *name = mem_print("trees/%s", id);

	if (store_use(st, name, NULL) != 1 ||
	    file_read(store_fd(st), name, FILE_MAX, &bytes, &ignored) <= 0)
		return NULL;
	return tree_parse(buf_text(&bytes));
}
