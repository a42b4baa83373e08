#include "parser/frame.h"

#include "base/base.h"
#include "base/redact.h"
#include "base/visible.h"

#define DASHES "--------------------\n"

/* The maximum shown length of a very long line. */
#define LINE_MAX_SHOWN   2000
#define BINARY_MAX_SHOWN 40

/* LF separates lines, so after a trailing LF there is one more, empty line. */
void
frame_source_init(struct frame_source *s, struct text bytes, const char *name)
{
	bool has_empty_end = bytes.n == 0 || bytes.p[bytes.n - 1] == '\n';
	struct text line;

	*s = (struct frame_source){ .name = name };
	while (text_line(&bytes, &line))
		array_push(&s->lines, line);
	if (has_empty_end)
		array_push(&s->lines, TEXT(""));
}

void
frame_source_clear(struct frame_source *s)
{
	array_clear(&s->lines);
}

/* A line may end in CR LF. */
static struct text
without_return(struct text line)
{
	return text_ends(line, "\r") ? text_first(line, line.n - 1) : line;
}

void
frame_add(struct buf *out, const struct frame_source *s, struct place place)
{
	int n_lines = (int)s->lines.n, first = place.line, last = place.last;
	int pad = first >= last ? 4 : 2;

	if (first < 1 || first > n_lines)
		return;
	if (last > n_lines)
		last = n_lines;
	if (last < first)
		last = first;
	place.last = last;
	for (int p = 0; p < pad; p++) {
		if (first > 1)
			first--, p++;
		if (last != n_lines)
			last++, p++;
	}
	visible_add(out, text_of(s->name), VISIBLE_LINE);
	buf_print(out, ":%d\n" DASHES, place.line);
	for (int i = first; i <= last; i++) {
		bool is_marked = i >= place.line && i <= place.last;
		auto_buf struct buf line = BUF_INIT;

		buf_print(out, " %3d | %s ", i, is_marked ? ">>>" : "   ");
		buf_add_redacted(&line, without_return(s->lines.at[i - 1]));
		visible_add_part(out, buf_text(&line),
		                 text_find(buf_text(&line), '\0') >= 0 ? BINARY_MAX_SHOWN
		                                                       : LINE_MAX_SHOWN,
		                 VISIBLE_LINE);
		buf_add_char(out, '\n');
	}
	buf_add_str(out, DASHES);
}

void
frame_print(struct buf *out, struct text bytes, const char *name,
            const struct place *places, size_t n)
{
	auto_frame_source struct frame_source source;

	frame_source_init(&source, bytes, name);
	for (size_t i = 0; i < n; i++)
		frame_add(out, &source, places[i]);
}
