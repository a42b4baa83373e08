#include "base/text.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/count.h"
#include "base/mem.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool
text_equal_nocase(struct text a, struct text b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool
text_starts(struct text t, const char *prefix)
{
	size_t n = strlen(prefix);

	return t.n >= n && (n == 0 || memcmp(t.p, prefix, n) == 0);
}

bool
text_ends(struct text t, const char *suffix)
{
	size_t n = strlen(suffix);

	return t.n >= n && (n == 0 || memcmp(t.p + t.n - n, suffix, n) == 0);
}

struct text
text_from(struct text t, size_t start)
{
	assert(start <= t.n);
	if (start == 0)
		return t;
	return (struct text){ t.p + start, t.n - start };
}

struct text
text_first(struct text t, size_t n)
{
	return (struct text){ t.p, n < t.n ? n : t.n };
}

struct text
text_trim(struct text t)
{
	while (t.n > 0 && is_blank(t.p[0]))
		t = text_from(t, 1);
	while (t.n > 0 && is_blank(t.p[t.n - 1]))
		t.n--;
	return t;
}

ptrdiff_t
text_find(struct text t, char c)
{
	const char *at = t.n == 0 ? NULL : memchr(t.p, c, t.n);

	return at == NULL ? -1 : at - t.p;
}

struct text
text_cut(struct text *rest, char c)
{
	const struct text whole = *rest;
	const ptrdiff_t at = text_find(whole, c);

	if (at < 0) {
		*rest = (struct text){ 0 };
		return whole;
	}
	*rest = text_from(whole, (size_t)at + 1);
	return text_first(whole, (size_t)at);
}

bool
text_line(struct text *rest, struct text *line)
{
	if (rest->n == 0)
		return false;
	*line = text_cut(rest, '\n');
	return true;
}

int
text_compare(struct text a, struct text b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (order != 0)
		return order;
	return (a.n > b.n) - (a.n < b.n);
}

char *
text_copy(struct text t)
{
	return mem_copy_n(t.p, t.n);
}

/* Takes eight bytes per step, multiplies and folds, so that every bit of the key affects
 * the low bits that choose the slot. */
uint64_t
text_hash(struct text key)
{
	const uint64_t odd = 0x9E3779B97F4A7C15;
	uint64_t h = key.n * odd;

	for (size_t i = 0; i < key.n; i += 8) {
		size_t left = key.n - i;
		uint64_t word = 0;

		memcpy(&word, key.p + i, left < 8 ? left : 8);
		h = (h ^ word) * odd;
		h ^= h >> 32;
	}
	return h;
}

size_t
text_rune(struct text t, uint32_t *rune)
{
	const unsigned char *p = (const unsigned char *)t.p;
	size_t n;
	uint32_t r, least;

	if (t.n == 0)
		return 0;
	if (p[0] < 0x80) {
		*rune = p[0];
		return 1;
	}
	if (p[0] >= 0xC2 && p[0] <= 0xDF) {
		n = 2, r = p[0] & 0x1F, least = 0x80;
	} else if ((p[0] & 0xF0) == 0xE0) {
		n = 3, r = p[0] & 0x0F, least = 0x800;
	} else if (p[0] >= 0xF0 && p[0] <= 0xF4) {
		n = 4, r = p[0] & 0x07, least = 0x10000;
	} else {
		return 0;
	}
	if (t.n < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		r = r << 6 | (p[i] & 0x3F);
	}
	if (r < least || r > 0x10FFFF || (r >= 0xD800 && r <= 0xDFFF))
		return 0;
	*rune = r;
	return n;
}

void
buf_reserve(struct buf *b, size_t more)
{
	size_t need, cap = b->cap < 32 ? 32 : b->cap;

	if (__builtin_add_overflow(b->n, more, &need) || need >= SIZE_MAX / 2)
		mem_die("buffer too large");
	need++;
	if (b->p != NULL && need <= b->cap)
		return;
	while (cap < need)
		cap *= 2;
	b->p = mem_resize(b->p, cap, 1);
	b->cap = cap;
	b->p[b->n] = '\0';
}

void
buf_add(struct buf *b, const void *bytes, size_t n)
{
	buf_reserve(b, n);
	if (n > 0)
		memcpy(b->p + b->n, bytes, n);
	b->n += n;
	b->p[b->n] = '\0';
}

void
buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_add_text(struct buf *b, struct text t)
{
	buf_add(b, t.p, t.n);
}

void
buf_print(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprint(b, fmt, ap);
	va_end(ap);
}

void
buf_vprint(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	buf_reserve(b, 64);
	va_copy(again, ap);
	n = vsnprintf(b->p + b->n, b->cap - b->n, fmt, ap);
	if (n < 0)
		mem_die("cannot format a text");
	if ((size_t)n >= b->cap - b->n) {
		buf_reserve(b, (size_t)n);
		vsnprintf(b->p + b->n, b->cap - b->n, fmt, again);
	}
	va_end(again);
	b->n += (size_t)n;
}

void
buf_truncate(struct buf *b, size_t n)
{
	assert(n <= b->n);
	b->n = n;
	if (b->p != NULL)
		b->p[n] = '\0';
}

const char *
buf_str(const struct buf *b)
{
	return b->p == NULL ? "" : b->p;
}

struct text
buf_text(const struct buf *b)
{
	return (struct text){ buf_str(b), b->n };
}

char *
buf_take(struct buf *b)
{
	char *p;

	buf_reserve(b, 0);
	p = b->p;
	*b = (struct buf)BUF_INIT;
	return p;
}

void
buf_clear(struct buf *b)
{
	free(b->p);
	*b = (struct buf)BUF_INIT;
}

/* Code points from U+0080 up for which Go's unicode.IsPrint is always false: controls,
 * formats, blanks other than U+0020, private use, and noncharacters. Unassigned code
 * points depend on the version of Unicode; they count as printable here. */
static const struct {
	uint32_t first, last;
} unprintable[] = {
	{ 0x80, 0xA0 },       { 0xAD, 0xAD },        { 0x600, 0x605 },
	{ 0x61C, 0x61C },     { 0x6DD, 0x6DD },      { 0x70F, 0x70F },
	{ 0x890, 0x891 },     { 0x8E2, 0x8E2 },      { 0x1680, 0x1680 },
	{ 0x180E, 0x180E },   { 0x2000, 0x200F },    { 0x2028, 0x202F },
	{ 0x205F, 0x206F },   { 0x3000, 0x3000 },    { 0xE000, 0xF8FF },
	{ 0xFDD0, 0xFDEF },   { 0xFEFF, 0xFEFF },    { 0xFFF0, 0xFFFB },
	{ 0xFFFE, 0xFFFF },   { 0x110BD, 0x110BD },  { 0x110CD, 0x110CD },
	{ 0x13430, 0x1343F }, { 0x1BCA0, 0x1BCA3 },  { 0x1D173, 0x1D17A },
	{ 0xE0000, 0xE00FF }, { 0xE01F0, 0x10FFFF },
};

static bool
is_printable(uint32_t rune)
{
	if (rune < 0x80)
		return rune >= ' ' && rune < 0x7F;
	for (size_t i = 0; i < COUNT_OF(unprintable); i++)
		if (rune >= unprintable[i].first && rune <= unprintable[i].last)
			return false;
	return true;
}

static void
add_quoted_rune(struct buf *b, struct text bytes, uint32_t rune)
{
	static const char letters[] = "abtnvfr"; /* for 7 to 13 */

	if (rune == '"' || rune == '\\')
		buf_print(b, "\\%c", (char)rune);
	else if (rune >= 7 && rune <= 13)
		buf_print(b, "\\%c", letters[rune - 7]);
	else if (is_printable(rune))
		buf_add_text(b, bytes);
	else if (rune < 0x80)
		buf_print(b, "\\x%02x", (unsigned)rune);
	else if (rune < 0x10000)
		buf_print(b, "\\u%04x", (unsigned)rune);
	else
		buf_print(b, "\\U%08x", (unsigned)rune);
}

void
buf_add_quoted(struct buf *b, struct text t)
{
	buf_add_char(b, '"');
	while (t.n > 0) {
		uint32_t rune = 0;
		size_t n = text_rune(t, &rune);

		if (n == 0) {
			buf_print(b, "\\x%02x", (unsigned char)t.p[0]);
			n = 1;
		} else {
			add_quoted_rune(b, text_first(t, n), rune);
		}
		t = text_from(t, n);
	}
	buf_add_char(b, '"');
}
