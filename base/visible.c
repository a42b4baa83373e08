#include "base/visible.h"

#include "base/own.h"

#define ELLIPSIS "\xe2\x80\xa6"

bool
visible_rune(uint32_t rune)
{
	return rune >= 0x20 && (rune < 0x7f || rune >= 0xa0) && rune != 0x61c &&
	       rune != 0x200e && rune != 0x200f && (rune < 0x2028 || rune > 0x202e) &&
	       (rune < 0x2066 || rune > 0x2069);
}

static void
add_feed(struct buf *out, enum visible how)
{
	switch (how) {
	case VISIBLE_LINE:
	case VISIBLE_CELL:
		buf_add_str(out, "\\n");
		break;
	case VISIBLE_TITLE:
		buf_add_char(out, ' ');
		break;
	case VISIBLE_LINES:
		buf_add_char(out, '\n');
		break;
	case VISIBLE_MESSAGE:
		buf_add_str(out, "\n  ");
		break;
	}
}

static void
add_tab(struct buf *out, enum visible how)
{
	if (how == VISIBLE_CELL)
		buf_add_str(out, "\\t");
	else
		buf_add_char(out, how == VISIBLE_TITLE ? ' ' : '\t');
}

static void
add_rune(struct buf *out, struct text bytes, uint32_t rune, enum visible how)
{
	if (rune == '\n')
		add_feed(out, how);
	else if (rune == '\t')
		add_tab(out, how);
	else if (visible_rune(rune))
		buf_add_text(out, bytes);
	else if (rune < 0x20)
		buf_print(out, "\\x%02x", (unsigned)rune);
	else
		buf_print(out, "\\u%04x", (unsigned)rune);
}

void
visible_add(struct buf *out, struct text t, enum visible how)
{
	while (t.n > 0) {
		uint32_t rune = 0;
		size_t n = text_rune(t, &rune);

		if (n == 0)
			buf_print(out, "\\x%02x", (unsigned char)t.p[0]);
		else
			add_rune(out, text_first(t, n), rune, how);
		t = text_from(t, n == 0 ? 1 : n);
	}
}

char *
visible_copy(struct text t, enum visible how)
{
	auto_buf struct buf out = BUF_INIT;

	visible_add(&out, t, how);
	return buf_take(&out);
}

void
visible_write(FILE *out, struct text t, enum visible how)
{
	auto_buf struct buf text = BUF_INIT;

	visible_add(&text, t, how);
	fwrite(buf_str(&text), 1, text.n, out);
}

/* The nearest place at or before AT where a character begins. */
static size_t
boundary(struct text t, size_t at)
{
	while (at > 0 && at < t.n && ((unsigned char)t.p[at] & 0xc0) == 0x80)
		at--;
	return at;
}

void
visible_add_part(struct buf *out, struct text t, size_t max, enum visible how)
{
	size_t end = 0;

	if (t.n <= max) {
		visible_add(out, t, how);
		return;
	}
	end = boundary(t, t.n - max / 4);
	visible_add(out, text_first(t, boundary(t, max - max / 4)), how);
	buf_add_str(out, " " ELLIPSIS " ");
	visible_add(out, text_from(t, end), how);
}
