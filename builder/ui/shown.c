#include "builder/ui/shown.h"

#include "base/base.h"
#include "base/count.h"
#include "base/visible.h"

#define ESC   0x1b
#define BEL   0x07
#define RESET "\033[0m"

/* ------------------------------------------------------------ escape sequences */

/* Length of a string sequence (OSC, DCS, …: title, clipboard) up to its end, BEL or
 * ESC \. One without end swallows the line, as a terminal would. */
static size_t
string_length(struct text t)
{
	for (size_t i = 2; i < t.n; i++) {
		if (t.p[i] == BEL)
			return i + 1;
		if (t.p[i] == ESC && i + 1 < t.n && t.p[i + 1] == '\\')
			return i + 2;
	}
	return t.n;
}

static size_t
span(struct text t, size_t i, char first, char last)
{
	while (i < t.n && t.p[i] >= first && t.p[i] <= last)
		i++;
	return i;
}

/* Length of the sequence that T starts with (ECMA-48, 5.3 and 5.4); *IS_COLOUR:
 * it is a plain SGR. */
static size_t
sequence_length(struct text t, bool *is_colour)
{
	size_t i = 1;

	*is_colour = false;
	if (t.n < 2)
		return t.n;
	if (t.p[1] == '[') {
		size_t end = span(t, 2, 0x30, 0x3f);

		i = span(t, end, 0x20, 0x2f);
		if (i >= t.n)
			return t.n;
		/* "<", "=", ">" and "?" in front are private uses of "m". */
		*is_colour = t.p[i] == 'm' && i == end && (end == 2 || t.p[2] < '<');
		return i + 1;
	}
	if (strchr("]PX^_", t.p[1]) != NULL)
		return string_length(t);
	i = span(t, 1, 0x20, 0x2f);
	return i < t.n ? i + 1 : t.n;
}

/* ------------------------------------------------------------ characters */

static void
add_rune(struct buf *out, struct text rune_text, uint32_t rune, enum shown how)
{
	if (rune == '\t' && how == SHOWN_LOG)
		buf_add_char(out, '\t');
	else if (rune == '\t' || rune == '\n')
		buf_add_char(out, ' ');
	else if (visible_rune(rune))
		buf_add_text(out, rune_text);
}

/* A byte that is no UTF-8. Those below 0xa0 are controls of eight-bit terminals. */
static void
add_byte(struct buf *out, char byte, enum shown how)
{
	if (how == SHOWN_LOG && (unsigned char)byte >= 0xa0)
		buf_add_char(out, byte);
	else
		buf_add_str(out, "\xef\xbf\xbd"); /* U+FFFD */
}

/* The part of a line that a terminal would still show: after the last CR that is followed
 * by something. */
static struct text
after_return(struct text t)
{
	while (t.n > 0 && t.p[t.n - 1] == '\r')
		t.n--;
	for (size_t i = t.n; i > 0; i--)
		if (t.p[i - 1] == '\r')
			return text_from(t, i);
	return t;
}

void
shown_add(struct buf *out, struct text t, enum shown how)
{
	bool coloured = false, is_colour = false; /* coloured: at the end so far */

	if (how == SHOWN_SCREEN)
		t = after_return(t);
	while (t.n > 0) {
		uint32_t rune = 0;
		size_t plain = span(t, 0, 0x20, 0x7e),
		       n = plain > 0 ? plain : text_rune(t, &rune);

		if (plain > 0) {
			buf_add_text(out, text_first(t, n));
		} else if (n == 0) {
			add_byte(out, t.p[0], how);
			n = 1;
		} else if (rune == ESC) {
			n = sequence_length(t, &is_colour);
			if (is_colour && how == SHOWN_LOG) {
				buf_add_text(out, text_first(t, n));
				coloured = n > 4 || (n == 4 && t.p[2] != '0');
			}
		} else {
			add_rune(out, text_first(t, n), rune, how);
		}
		t = text_from(t, n);
	}
	if (coloured)
		buf_add_str(out, RESET);
}

/* ------------------------------------------------------------ columns */

struct range {
	uint32_t first, last;
};

static bool
is_in(uint32_t rune, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rune >= ranges[i].first && rune <= ranges[i].last)
			return true;
	return false;
}

/* Like wcwidth(3), but whatever the locale is. */
static size_t
rune_width(uint32_t rune)
{
	static const struct range none[] = {
		{ 0x0300, 0x036f }, { 0x0483, 0x0489 },   { 0x0591, 0x05bd },
		{ 0x064b, 0x065f }, { 0x1ab0, 0x1aff },   { 0x1dc0, 0x1dff },
		{ 0x200b, 0x200f }, { 0x20d0, 0x20ff },   { 0xfe00, 0xfe0f },
		{ 0xfe20, 0xfe2f }, { 0xe0100, 0xe01ef },
	};
	static const struct range wide[] = {
		{ 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },
		{ 0xa960, 0xa97c },   { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },
		{ 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },
		{ 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
		{ 0x20000, 0x3fffd },
	};

	if (rune < 0x300)
		return 1;
	if (is_in(rune, none, COUNT_OF(none)))
		return 0;
	return is_in(rune, wide, COUNT_OF(wide)) ? 2 : 1;
}

struct text
shown_cut(struct text t, size_t columns)
{
	size_t at = 0, used = 0;

	while (at < t.n) {
		uint32_t rune = 0;
		size_t n = text_rune(text_from(t, at), &rune);
		size_t width = n == 0 ? 1 : rune_width(rune);

		if (used + width > columns)
			break;
		used += width;
		at += n == 0 ? 1 : n;
	}
	return text_first(t, at);
}

size_t
shown_width(struct text t)
{
	size_t used = 0;

	while (t.n > 0) {
		uint32_t rune = 0;
		size_t n = text_rune(t, &rune);

		used += n == 0 ? 1 : rune_width(rune);
		t = text_from(t, n == 0 ? 1 : n);
	}
	return used;
}

struct text
shown_cut_start(struct text t, size_t columns)
{
	size_t width = shown_width(t);

	while (width > columns) {
		uint32_t rune = 0;
		size_t n = text_rune(t, &rune);

		width -= n == 0 ? 1 : rune_width(rune);
		t = text_from(t, n == 0 ? 1 : n);
	}
	return t;
}
