#include <string.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "base/number.h"
#include "base/visible.h"
#include "builder/record/page_parts.h"

void
page_add(struct buf *out, struct text t)
{
	auto_buf struct buf shown = BUF_INIT;

	visible_add(&shown, t, VISIBLE_LINES);
	for (size_t i = 0; i < shown.n; i++)
		switch (shown.p[i]) {
		case '&':
			buf_add_str(out, "&amp;");
			break;
		case '<':
			buf_add_str(out, "&lt;");
			break;
		case '>':
			buf_add_str(out, "&gt;");
			break;
		case '"':
			buf_add_str(out, "&quot;");
			break;
		case '\'':
			buf_add_str(out, "&#39;");
			break;
		default:
			buf_add_char(out, shown.p[i]);
		}
}

void
page_add_short(struct buf *out, const char *text, size_t max)
{
	struct text t = text_of(text);
	size_t n = t.n < max ? t.n : max;

	while (n > 0 && n < t.n && ((unsigned char)t.p[n] & 0xc0) == 0x80)
		n--;
	page_add(out, text_first(t, n));
	if (n < t.n)
		buf_add_str(out, "…");
}

/* The length of the escape sequence that T begins with (ECMA-48: CSI, OSC and its like,
 * or two characters). */
static size_t
escape_length(struct text t)
{
	size_t i = 2;

	if (t.n < 2)
		return t.n;
	if (t.p[1] == '[') {
		while (i < t.n && (unsigned char)t.p[i] < 0x40)
			i++;
		return i < t.n ? i + 1 : t.n;
	}
	if (strchr("]PX^_", t.p[1]) == NULL)
		return 2;
	while (i < t.n && t.p[i] != '\a' && t.p[i] != '\x1b' && t.p[i] != '\n')
		i++;
	if (i + 1 < t.n && t.p[i] == '\x1b')
		return i + 2;
	return i < t.n && t.p[i] == '\a' ? i + 1 : i;
}

/* LINE as a terminal would show it at its end. */
static void
add_line(struct buf *out, struct text line)
{
	auto_buf struct buf plain = BUF_INIT;

	while (line.n > 0 && line.p[line.n - 1] == '\r')
		line = text_first(line, line.n - 1);
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '\x1b')
			i += escape_length(text_from(line, i)) - 1;
		else if (line.p[i] == '\r')
			buf_truncate(&plain, 0);
		else
			buf_add_char(&plain, line.p[i]);
	}
	page_add(out, buf_text(&plain));
	buf_add_char(out, '\n');
}

void
page_add_log(struct buf *out, struct text t)
{
	struct text line;

	while (text_line(&t, &line))
		add_line(out, line);
}

void
page_add_seconds(struct buf *out, double seconds)
{
	long whole = (long)seconds;

	if (seconds < 60)
		buf_print(out, seconds < 0.0995 ? "%.2fs" : "%.1fs", seconds);
	else if (whole < 3600)
		buf_print(out, "%ldm%02lds", whole / 60, whole % 60);
	else
		buf_print(out, "%ldh%02ldm", whole / 3600, whole / 60 % 60);
}

void
page_add_bytes(struct buf *out, double bytes)
{
	number_print_size(out, bytes < 0 ? 0 : (uint64_t)bytes);
}

double
page_number(const json_t *object, const char *member)
{
	return json_number_value(json_object_get(object, member));
}

const char *
page_class(const json_t *step)
{
	const char *verdict = jsonio_text(step, "verdict");
	const char *result = jsonio_text(step, "result");

	if (strcmp(result, "failed") == 0)
		return "failed";
	return strcmp(verdict, "HIT") == 0       ? "hit"
	       : strcmp(verdict, "MISS") == 0    ? "miss"
	       : strcmp(verdict, "SKIPPED") == 0 ? "skipped"
	                                         : "none";
}
