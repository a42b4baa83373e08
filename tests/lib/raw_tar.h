/*
 * raw_tar: tar archives byte by byte, also such as no program would write.
 */
#ifndef TESTS_LIB_RAW_TAR_H
#define TESTS_LIB_RAW_TAR_H

#include <string.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"
#include "layers/tar_header.h"

struct raw_entry {
	char type; /* '0' … '7', 'x', 'L' …; 0: end of a list */
	const char *name;
	const char *link;
	const char *content;
	unsigned mode; /* 0: 0755 or 0644 by type */
	unsigned uid, gid, mtime;
	unsigned major, minor;
};

static inline void
raw_seal(struct tar_header *h)
{
	tar_put_octal(h->checksum, 7, tar_checksum(h, NULL));
	h->checksum[7] = ' ';
}

static inline struct tar_header
raw_header(const struct raw_entry *e)
{
	struct tar_header h = { 0 };
	size_t size = e->content == NULL ? 0 : strlen(e->content);
	unsigned mode = e->mode != 0 ? e->mode : e->type == '5' ? 0755 : 0644;

	memcpy(h.name, e->name, strnlen(e->name, 100));
	if (e->link != NULL)
		memcpy(h.link, e->link, strnlen(e->link, 100));
	tar_put_octal(h.mode, 8, mode);
	tar_put_octal(h.uid, 8, e->uid);
	tar_put_octal(h.gid, 8, e->gid);
	tar_put_octal(h.size, 12, size);
	tar_put_octal(h.mtime, 12, e->mtime);
	tar_put_octal(h.dev_major, 8, e->major);
	tar_put_octal(h.dev_minor, 8, e->minor);
	h.type = e->type;
	memcpy(h.magic,
	       "ustar\0"
	       "00",
	       8);
	raw_seal(&h);
	return h;
}

static inline void
raw_content(struct buf *out, const void *bytes, size_t n)
{
	static const char zeros[TAR_BLOCK];

	buf_add(out, bytes, n);
	buf_add(out, zeros, (size_t)tar_padding(n));
}

static inline void
raw_add(struct buf *out, const struct raw_entry *e)
{
	struct tar_header h = raw_header(e);

	buf_add(out, &h, sizeof h);
	if (e->content != NULL)
		raw_content(out, e->content, strlen(e->content));
}

static inline void
raw_end(struct buf *out)
{
	static const char zeros[2 * TAR_BLOCK];

	buf_add(out, zeros, sizeof zeros);
}

/* A source for the reader out of memory, in pieces of at most STEP bytes. */
struct raw_source {
	struct text bytes;
	size_t step;
};

static inline ssize_t
raw_read(void *arg, void *to, size_t n, struct error *err)
{
	struct raw_source *s = arg;

	(void)err;
	if (n > s->step)
		n = s->step;
	if (n > s->bytes.n)
		n = s->bytes.n;
	memcpy(to, s->bytes.p, n);
	s->bytes = text_from(s->bytes, n);
	return (ssize_t)n;
}

#endif
