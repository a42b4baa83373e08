#include "layers/tar_read.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/own.h"
#include "base/path.h"
#include "layers/tar_header.h"
#include "layers/tar_sparse.h"

enum {
	BUFFER_SIZE = 256 * 1024,
	SHOWN = 200, /* longest part of a name in a message */
};

struct tar_reader {
	struct tar_source source;
	enum tar_names names;

	char *buffer;
	size_t at, n;    /* unread: buffer[at, n) */
	uint64_t offset; /* offset of buffer[at] in the archive */

	uint64_t left;    /* stored content not handed out yet */
	uint64_t padding; /* after it */
	bool sparse;
	bool has_begun; /* a header was seen */
	struct tar_sparse map;

	struct tar_pax pax; /* for the entry at hand */
	struct buf path, link, long_name, long_link;
	bool has_long_name, has_long_link;
};

struct tar_reader *
tar_reader_new(struct tar_source source, enum tar_names names)
{
	struct tar_reader *r = mem_new(sizeof *r);

	r->source = source;
	r->names = names;
	r->buffer = mem_resize(NULL, BUFFER_SIZE, 1);
	return r;
}

void
tar_reader_free(struct tar_reader *r)
{
	if (r == NULL)
		return;
	free(r->buffer);
	tar_pax_clear(&r->pax);
	array_clear(&r->map.extents);
	buf_clear(&r->path);
	buf_clear(&r->link);
	buf_clear(&r->long_name);
	buf_clear(&r->long_link);
	free(r);
}

/* An error about the entry at hand. */
static int
damaged(const struct tar_reader *r, const char *what, struct error *err)
{
	struct text name = buf_text(&r->path);

	if (name.n == 0)
		return error_set(err, ERR_DAMAGED, "tar archive: %s at byte %llu", what,
		                 (unsigned long long)r->offset);
	return error_set(err, ERR_DAMAGED, "tar archive: %.*s%s: %s",
	                 (int)(name.n < SHOWN ? name.n : SHOWN), name.p,
	                 name.n < SHOWN ? "" : "…", what);
}

/* ------------------------------------------------------------ bytes */

/* Makes at least one more byte available: 1, 0 at the end, -1. */
static int
refill(struct tar_reader *r, struct error *err)
{
	ssize_t got;

	if (r->at > 0) {
		memmove(r->buffer, r->buffer + r->at, r->n - r->at);
		r->n -= r->at;
		r->at = 0;
	}
	got = r->source.read(r->source.arg, r->buffer + r->n, BUFFER_SIZE - r->n, err);
	if (got <= 0)
		return (int)got;
	r->n += (size_t)got;
	return 1;
}

static void
consume(struct tar_reader *r, size_t n)
{
	r->at += n;
	r->offset += n;
}

/* The next block, consumed: 1, 0 at a clean end of the archive, -1. */
static int
take_block(struct tar_reader *r, const char **block, struct error *err)
{
	while (r->n - r->at < TAR_BLOCK) {
		int status = refill(r, err);

		if (status < 0)
			return -1;
		if (status == 0)
			return r->n == r->at ? 0 : damaged(r, "truncated", err);
	}
	*block = r->buffer + r->at;
	consume(r, TAR_BLOCK);
	return 1;
}

static int
skip(struct tar_reader *r, uint64_t n, struct error *err)
{
	while (n > 0) {
		size_t here = r->n - r->at;
		int status;

		if (here > n)
			here = (size_t)n;
		consume(r, here);
		n -= here;
		if (n == 0)
			break;
		if (r->source.skip != NULL) {
			r->offset += n;
			return r->source.skip(r->source.arg, n, err);
		}
		status = refill(r, err);
		if (status <= 0)
			return status < 0 ? -1 : damaged(r, "truncated", err);
	}
	return 0;
}

/* N bytes of a header's content and their padding into OUT. */
static int
take_text(struct tar_reader *r, uint64_t n, struct buf *out, struct error *err)
{
	uint64_t padding = tar_padding(n);

	buf_truncate(out, 0);
	if (n > TAR_EXTENDED_MAX)
		return damaged(r, "extended header of more than 1 MiB", err);
	while (n > 0) {
		size_t here = r->n - r->at;
		int status;

		if (here == 0) {
			status = refill(r, err);
			if (status <= 0)
				return status < 0 ? -1 : damaged(r, "truncated", err);
			continue;
		}
		if (here > n)
			here = (size_t)n;
		buf_add(out, r->buffer + r->at, here);
		consume(r, here);
		n -= here;
	}
	return skip(r, padding, err);
}

/* ------------------------------------------------------------ headers */

static bool
is_zeros(const char *block)
{
	return block[0] == '\0' && memcmp(block, block + 1, TAR_BLOCK - 1) == 0;
}

static bool
checksum_fits(const struct tar_header *h)
{
	int64_t stored;
	int32_t as_signed;
	uint32_t sum = tar_checksum(h, &as_signed);

	return tar_number(h->checksum, sizeof h->checksum, &stored) &&
	       (stored == (int64_t)sum || stored == as_signed);
}

static struct text
field(const char *p, size_t max)
{
	return (struct text){ p, strnlen(p, max) };
}

/* The name in the header's own fields. star uses the last bytes of the prefix
 * for times, GNU the whole of it. */
static void
header_name(const struct tar_header *h, struct buf *out)
{
	buf_truncate(out, 0);
	if (memcmp(h->magic, "ustar", 6) == 0) {
		bool star = memcmp(h->padding + 8, "tar", 4) == 0;
		struct text prefix = field(h->prefix, star ? 131 : sizeof h->prefix);

		buf_add_text(out, prefix);
		if (prefix.n > 0)
			buf_add_char(out, '/');
	}
	buf_add_text(out, field(h->name, sizeof h->name));
}

/* Reads a header that only describes the next one. */
static int
take_meta(struct tar_reader *r, const struct tar_header *h, struct error *err)
{
	auto_buf struct buf text = BUF_INIT;
	char type = h->type;
	const char *wrong;
	int64_t size;

	if (!tar_number(h->size, sizeof h->size, &size) || size < 0)
		return damaged(r, "bad size of an extended header", err);
	if (take_text(r, (uint64_t)size, &text, err) < 0)
		return -1;
	if (type == 'L' || type == 'K') {
		struct buf *to = type == 'L' ? &r->long_name : &r->long_link;

		buf_truncate(to, 0);
		buf_add_text(to, field(buf_str(&text), text.n));
		*(type == 'L' ? &r->has_long_name : &r->has_long_link) = true;
		return 0;
	}
	/* Global headers (git writes one) contain nothing for a layer. */
	if (type == 'g')
		return 0;
	wrong = tar_pax_parse(&r->pax, buf_text(&text));
	return wrong == NULL ? 0 : damaged(r, wrong, err);
}

static bool
is_meta(char type)
{
	return type == 'x' || type == 'X' || type == 'g' || type == 'L' || type == 'K';
}

/* The next header of an entry into *H: 1, 0 at the end, -1. */
static int
take_header(struct tar_reader *r, struct tar_header *h, struct error *err)
{
	const char *block = NULL;
	bool owes_entry = false;

	for (int i = 0; i <= TAR_META_HEADERS_MAX; i++) {
		int status = take_block(r, &block, err);

		if (status < 0)
			return -1;
		/* One block of zeros is enough: some writers forget the second. */
		if (status == 0 || block == NULL || is_zeros(block)) {
			if (!owes_entry)
				return 0;
			return damaged(r, "extended header without an entry", err);
		}
		memcpy(h, block, sizeof *h);
		if (!checksum_fits(h))
			return damaged(r, "no tar header", err);
		r->has_begun = true;
		if (!is_meta(h->type))
			return 1;
		owes_entry |= h->type != 'g';
		if (take_meta(r, h, err) < 0)
			return -1;
	}
	return damaged(r, "too many extended headers in a row", err);
}

/* ------------------------------------------------------------ names */

/* NAME without ".", "//" and ".." into OUT. */
static const char *
clean_name(struct text name, enum tar_names names, struct buf *out)
{
	struct text rest = name, component;

	buf_truncate(out, 0);
	if (name.n > 0 && memchr(name.p, '\0', name.n) != NULL)
		return "NUL in a name";
	while (path_next(&rest, &component)) {
		if (text_is(component, "."))
			continue;
		if (text_is(component, "..")) {
			if (out->n == 0 && names == TAR_NAMES_REFUSE)
				return "name leads out of the archive";
			buf_truncate(out, path_dir(buf_text(out)).n);
			continue;
		}
		if (component.n > TAR_COMPONENT_MAX)
			return "name longer than 255 bytes";
		if (out->n > 0)
			buf_add_char(out, '/');
		buf_add_text(out, component);
	}
	return out->n > TAR_PATH_MAX ? "path longer than 4095 bytes" : NULL;
}

/* *PATH: cleaned, or as it is in the archive if that fails (for the message). */
static int
take_names(struct tar_reader *r, const struct tar_header *h, struct entry *e,
           struct error *err)
{
	auto_buf struct buf raw = BUF_INIT;
	struct text link;
	const char *wrong;

	header_name(h, &raw);
	if (r->pax.has_path || r->has_long_name) {
		buf_truncate(&raw, 0);
		buf_add_text(&raw,
		             buf_text(r->pax.has_path ? &r->pax.path : &r->long_name));
	}
	if (h->type == '\0' && text_ends(buf_text(&raw), "/"))
		e->type = ENTRY_DIR;
	wrong = clean_name(buf_text(&raw), r->names, &r->path);
	if (wrong != NULL) {
		buf_truncate(&r->path, 0);
		buf_add_text(&r->path, buf_text(&raw));
		return damaged(r, wrong, err);
	}
	e->path = buf_text(&r->path);
	if (e->path.n == 0 && e->type != ENTRY_DIR && r->names == TAR_NAMES_REFUSE)
		return damaged(r, "the root is not a directory", err);
	if (e->type != ENTRY_SYMLINK && e->type != ENTRY_HARDLINK)
		return 0;
	link = r->pax.has_link    ? buf_text(&r->pax.link)
	       : r->has_long_link ? buf_text(&r->long_link)
	                          : field(h->link, sizeof h->link);
	if (link.n == 0 || link.n > TAR_PATH_MAX || memchr(link.p, '\0', link.n) != NULL)
		return damaged(r, "bad link", err);
	buf_truncate(&r->link, 0);
	if (e->type == ENTRY_SYMLINK)
		buf_add_text(&r->link, link);
	else if ((wrong = clean_name(link, r->names, &r->link)) != NULL)
		return damaged(r, "hard link leads out of the archive", err);
	e->link = buf_text(&r->link);
	return 0;
}

/* ------------------------------------------------------------ numbers */

static int
take_owner(struct tar_reader *r, const struct tar_header *h, struct entry *e,
           struct error *err)
{
	int64_t uid = 0, gid = 0, mode = 0, major = 0, minor = 0;

	if ((!r->pax.has_uid && !tar_number(h->uid, sizeof h->uid, &uid)) ||
	    (!r->pax.has_gid && !tar_number(h->gid, sizeof h->gid, &gid)) ||
	    !tar_number(h->mode, sizeof h->mode, &mode))
		return damaged(r, "bad mode or owner", err);
	if (r->pax.has_uid)
		uid = (int64_t)r->pax.uid;
	if (r->pax.has_gid)
		gid = (int64_t)r->pax.gid;
	/* The largest one means "leave it" to chown(2). */
	if (uid < 0 || gid < 0 || uid >= UINT32_MAX || gid >= UINT32_MAX)
		return damaged(r, "owner out of range", err);
	e->uid = (uint32_t)uid;
	e->gid = (uint32_t)gid;
	e->mode = (uint16_t)(mode & 07777);
	if (e->type == ENTRY_SYMLINK)
		e->mode = 0777;
	if (r->pax.has_mtime)
		e->mtime = r->pax.mtime;
	else if (!tar_number(h->mtime, sizeof h->mtime, &e->mtime))
		return damaged(r, "bad time", err);
	if (e->type != ENTRY_CHAR && e->type != ENTRY_BLOCK)
		return 0;
	if (!tar_number(h->dev_major, sizeof h->dev_major, &major) ||
	    !tar_number(h->dev_minor, sizeof h->dev_minor, &minor) || major < 0 ||
	    minor < 0 || major > UINT32_MAX || minor > UINT32_MAX)
		return damaged(r, "bad device number", err);
	e->dev_major = (uint32_t)major;
	e->dev_minor = (uint32_t)minor;
	return 0;
}

/* ------------------------------------------------------------ sparse files */

/* GNU's old header: four extents at byte 386, more in blocks that follow. */
static int
take_old_map(struct tar_reader *r, const struct tar_header *h, struct error *err)
{
	const char *block = (const char *)h;
	bool more = block[482] != '\0';
	int64_t size;

	if (!tar_number(block + 483, 12, &size) || size < 0 ||
	    !tar_sparse_add(&r->map, block + 386, 4))
		return damaged(r, "bad sparse map", err);
	r->map.size = (uint64_t)size;
	while (more) {
		int status = take_block(r, &block, err);

		if (status <= 0)
			return status < 0 ? -1 : damaged(r, "truncated", err);
		if (!tar_sparse_add(&r->map, block, 21))
			return damaged(r, "bad sparse map", err);
		more = block[504] != '\0';
	}
	return 0;
}

/* The next decimal line of a map inside the content (format 1.0). */
static int
take_map_number(struct tar_reader *r, const char **block, size_t *used, uint64_t *out,
                struct error *err)
{
	uint64_t value = 0;

	for (int digits = 0; digits < 20;) {
		char c;

		if (*used == TAR_BLOCK) {
			if (r->left < TAR_BLOCK)
				break;
			if (take_block(r, block, err) != 1)
				return err->code != ERR_NONE
				               ? -1
				               : damaged(r, "truncated", err);
			r->left -= TAR_BLOCK;
			*used = 0;
		}
		c = (*block)[(*used)++];
		if (c == '\n' && digits > 0) {
			*out = value;
			return 0;
		}
		if (c < '0' || c > '9' || value > INT64_MAX / 10 - 1)
			break;
		value = value * 10 + (uint64_t)(c - '0');
		digits++;
	}
	return damaged(r, "bad sparse map", err);
}

static int
take_map_in_data(struct tar_reader *r, struct error *err)
{
	const char *block = NULL;
	size_t used = TAR_BLOCK;
	uint64_t n = 0;

	if (take_map_number(r, &block, &used, &n, err) < 0)
		return -1;
	if (n > TAR_EXTENTS_MAX)
		return damaged(r, "sparse map too long", err);
	for (uint64_t i = 0; i < n; i++) {
		struct tar_extent e;

		if (take_map_number(r, &block, &used, &e.offset, err) < 0 ||
		    take_map_number(r, &block, &used, &e.size, err) < 0)
			return -1;
		array_push(&r->map.extents, e);
	}
	return 0;
}

static int
take_map(struct tar_reader *r, const struct tar_header *h, struct error *err)
{
	r->map.extents.n = 0;
	r->map.at = r->map.next = 0;
	r->map.size = r->pax.sparse_size;
	if (h->type == 'S') {
		if (take_old_map(r, h, err) < 0)
			return -1;
	} else if (r->pax.sparse_in_data) {
		if (take_map_in_data(r, err) < 0)
			return -1;
	} else {
		for (size_t i = 0; i < r->pax.extents.n; i++)
			array_push(&r->map.extents, r->pax.extents.at[i]);
	}
	if (!tar_sparse_check(&r->map, r->left))
		return damaged(r, "bad sparse map", err);
	return 0;
}

/* ------------------------------------------------------------ entries */

/* The entry's type; false if no file system entry corresponds to it. */
static bool
take_type(char flag, uint8_t *out)
{
	switch (flag) {
	case '0':
	case '\0':
	case '7':
	case 'S':
		*out = ENTRY_FILE;
		return true;
	case '1':
		*out = ENTRY_HARDLINK;
		return true;
	case '2':
		*out = ENTRY_SYMLINK;
		return true;
	case '3':
		*out = ENTRY_CHAR;
		return true;
	case '4':
		*out = ENTRY_BLOCK;
		return true;
	case '5':
		*out = ENTRY_DIR;
		return true;
	case '6':
		*out = ENTRY_FIFO;
		return true;
	default:
		return false;
	}
}

static int
take_entry(struct tar_reader *r, const struct tar_header *h, struct tar_item *out,
           struct error *err)
{
	struct entry *e = &out->entry;
	int64_t size;

	if (!take_type(h->type, &e->type)) {
		header_name(h, &r->path);
		return damaged(r, "entry of unknown type", err);
	}
	if (take_names(r, h, e, err) < 0 || take_owner(r, h, e, err) < 0)
		return -1;
	if (r->pax.has_size)
		size = (int64_t)r->pax.size;
	else if (!tar_number(h->size, sizeof h->size, &size))
		size = -1;
	if (e->type != ENTRY_FILE)
		size = 0; /* some writers store the target's size in links */
	if (size < 0)
		return damaged(r, "bad size", err);
	r->left = (uint64_t)size;
	r->padding = tar_padding(r->left);
	r->sparse = e->type == ENTRY_FILE && (h->type == 'S' || r->pax.sparse);
	if (r->sparse && take_map(r, h, err) < 0)
		return -1;
	e->size = r->sparse ? r->map.size : r->left;
	e->offset = r->sparse || e->type != ENTRY_FILE ? 0 : r->offset;
	out->sparse = r->sparse;
	if (r->pax.capability.n > 0)
		e->capability = (struct text){ (char *)r->pax.capability.bytes,
			                       r->pax.capability.n };
	return 0;
}

int
tar_reader_next(struct tar_reader *r, struct tar_item *out, struct error *err)
{
	struct tar_header h;
	struct tar_item item = { 0 };
	int status;

	if (skip(r, r->left, err) < 0 || skip(r, r->padding, err) < 0)
		return -1;
	r->left = r->padding = 0;
	do {
		tar_pax_reset(&r->pax);
		r->has_long_name = r->has_long_link = r->sparse = false;
		buf_truncate(&r->path, 0);
		status = take_header(r, &h, err);
	} while (status == 1 && h.type == 'V'); /* a GNU volume label */
	if (status <= 0)
		return status;
	if (take_entry(r, &h, &item, err) < 0)
		return -1;
	*out = item;
	return 1;
}

/* Reads a piece of the stored content, at most MAX bytes. */
static ssize_t
stored_piece(struct tar_reader *r, uint64_t max, const void **bytes, struct error *err)
{
	size_t here = r->n - r->at;

	if (max == 0)
		return 0;
	if (here == 0) {
		int status = refill(r, err);

		if (status <= 0)
			return status < 0 ? -1 : damaged(r, "truncated", err);
		here = r->n - r->at;
	}
	if (here > max)
		here = (size_t)max;
	*bytes = r->buffer + r->at;
	consume(r, here);
	r->left -= here;
	return (ssize_t)here;
}

ssize_t
tar_reader_data(struct tar_reader *r, const void **bytes, struct error *err)
{
	uint64_t n, at = r->map.at;
	ssize_t got;
	bool hole;

	if (!r->sparse)
		return stored_piece(r, r->left, bytes, err);
	n = tar_sparse_next(&r->map, SSIZE_MAX, &hole);
	if (n == 0)
		return 0;
	if (hole) {
		*bytes = NULL;
		return (ssize_t)n;
	}
	got = stored_piece(r, n, bytes, err);
	if (got >= 0)
		r->map.at = at + (uint64_t)got;
	return got;
}

bool
tar_reader_has_begun(const struct tar_reader *r)
{
	return r->has_begun;
}
