#include "builder/cache/changed_text.h"

#include "base/base.h"

/* Bytes of a foreign text that fit in a line. */
#define QUOTED_MAX 60

/* … of the part that differs, and of the word around it on each side. */
#define PART_MAX   40
#define AROUND_MAX 24

char *
text_quoted(struct text t)
{
	auto_buf struct buf b = BUF_INIT;

	buf_add_quoted(&b, text_first(t, QUOTED_MAX));
	if (t.n > QUOTED_MAX)
		buf_add_str(&b, "…");
	return buf_take(&b);
}

bool
text_is_short(struct text a, struct text b)
{
	return a.n <= QUOTED_MAX && b.n <= QUOTED_MAX;
}

static bool
is_inside_rune(struct text t, size_t at)
{
	return at < t.n && ((unsigned char)t.p[at] & 0xc0) == 0x80;
}

/* The bytes with which both begin, whole characters. */
static size_t
common_start(struct text a, struct text b)
{
	size_t n = 0;

	while (n < a.n && n < b.n && a.p[n] == b.p[n])
		n++;
	while (n > 0 && (is_inside_rune(a, n) || is_inside_rune(b, n)))
		n--;
	return n;
}

/* … with which both end, behind their first START. */
static size_t
common_end(struct text a, struct text b, size_t start)
{
	size_t n = 0;

	while (n < a.n - start && n < b.n - start && a.p[a.n - 1 - n] == b.p[b.n - 1 - n])
		n++;
	while (n > 0 && is_inside_rune(a, a.n - n))
		n--;
	return n;
}

static size_t
count_characters(struct text t)
{
	size_t n = 0;

	for (size_t i = 0; i < t.n; i++)
		n += !is_inside_rune(t, i);
	return n;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* The start of the word that ends at AT. */
static size_t
word_start(struct text t, size_t at)
{
	size_t start = at;

	while (start > 0 && at - start < AROUND_MAX && !is_blank(t.p[start - 1]))
		start--;
	while (start < at && is_inside_rune(t, start))
		start++;
	return start;
}

static size_t
word_end(struct text t, size_t at)
{
	size_t end = at;

	while (end < t.n && end - at < AROUND_MAX && !is_blank(t.p[end]))
		end++;
	while (end > at && is_inside_rune(t, end))
		end--;
	return end;
}

/* The bytes of T from START to END, with the words that they are in. */
static void
add_part(struct buf *out, struct text t, size_t start, size_t end)
{
	auto_buf struct buf part = BUF_INIT;
	size_t from = word_start(t, start), to = end;
	size_t limit = start + PART_MAX;

	if (to > limit)
		for (to = limit; to > start && is_inside_rune(t, to);)
			to--;
	else
		to = word_end(t, to);
	if (from > 0)
		buf_add_str(&part, "…");
	buf_add(&part, t.p + from, to - from);
	if (to < t.n)
		buf_add_str(&part, "…");
	buf_add_quoted(out, buf_text(&part));
}

char *
text_changed(const char *name, struct text was, struct text is)
{
	auto_buf struct buf b = BUF_INIT;
	auto_free char *before = NULL, *after = NULL;
	size_t start = 0, end = 0;

	if (text_is_short(was, is)) {
		before = text_quoted(was);
		after = text_quoted(is);
		return mem_print("%s was %s, is %s", name, before, after);
	}
	start = common_start(was, is);
	end = common_end(was, is, start);
	buf_print(&b, "%s differs at character %zu: ", name,
	          count_characters(text_first(is, start)) + 1);
	add_part(&b, is, start, is.n - end);
	buf_add_str(&b, " was ");
	add_part(&b, was, start, was.n - end);
	return buf_take(&b);
}
