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
#include "layers/store.h"

#define MAGIC "cooptree"

enum {
	VERSION = 1,
	HEADER_SIZE = 32,
	CHECKSUM_SIZE = 4,
	CAPABILITY_ROOM = 32,
	ENTRY_MIN = 7, /* bytes of the smallest entry */
};

/* Where a file larger than this comes from, it is no index of a layer. */
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

void
tree_print(const struct tree *t, struct buf *out)
{
	struct text before = { 0 };
	size_t start = out->n;
	uint64_t text_bytes = 0;

	for (size_t i = 0; i < t->n; i++)
		text_bytes += t->entries[i].path.n + t->entries[i].link.n +
		              t->entries[i].capability.n + 3;
	buf_reserve(out, HEADER_SIZE + t->n * 48);
	buf_add_str(out, MAGIC);
	put_fixed(out, VERSION, 4);
	put_fixed(out, 0, 4);
	put_fixed(out, t->n, 8);
	put_fixed(out, text_bytes, 8);
	for (size_t i = 0; i < t->n; i++) {
		put_entry(out, &t->entries[i], before);
		before = t->entries[i].path;
	}
	put_fixed(out, libdeflate_crc32(0, out->p + start, out->n - start),
	          CHECKSUM_SIZE);
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

	if (bytes.n < HEADER_SIZE + CHECKSUM_SIZE || !text_starts(bytes, MAGIC) ||
	    get_fixed(bytes.p + 8, 4) != VERSION)
		return NULL;
	c.p = bytes.p + HEADER_SIZE;
	c.end = bytes.p + bytes.n - CHECKSUM_SIZE;
	if (get_fixed(c.end, CHECKSUM_SIZE) !=
	    libdeflate_crc32(0, bytes.p, bytes.n - CHECKSUM_SIZE))
		return NULL;
	n = get_fixed(bytes.p + 16, 8);
	text_bytes = get_fixed(bytes.p + 24, 8);
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

static int
write_new(int dir_fd, const char *name, const struct tree *t, struct error *err)
{
	auto_buf struct buf bytes = BUF_INIT;
	auto_fd int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	                        0600);

	if (fd < 0)
		return error_sys(err, "make %s", name);
	tree_print(t, &bytes);
	return file_write_all(fd, bytes.p, bytes.n, err);
}

int
tree_file_write(struct store *st, const char *id, const struct tree *t, struct error *err)
{
	auto_free char *name = mem_print("trees/%s", id);
	char tmp[SCRATCH_NAME_MAX];
	int dir_fd = scratch_fd(store_scratch(st), err);

	if (dir_fd < 0)
		return -1;
	scratch_name(store_scratch(st), 't', tmp);
	if (write_new(dir_fd, tmp, t, err) < 0)
		return -1;
	if (renameat(dir_fd, tmp, store_fd(st), name) < 0)
		return error_sys(err, "rename %s to %s", tmp, name);
	return 0;
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
