#include "parser/source.h"

#include "base/base.h"
#include "parser/rune.h"

struct text
source_skip_mark(struct text bytes)
{
	return text_starts(bytes, "\xEF\xBB\xBF") ? text_from(bytes, 3) : bytes;
}

void
source_init(struct source *s, struct text bytes)
{
	*s = (struct source){ .bytes = source_skip_mark(bytes) };
}

/* The next physical line, including its line end. */
static bool
next_line(struct source *s, struct text *line)
{
	struct text rest = text_from(s->bytes, s->pos);
	ptrdiff_t end = text_find(text_first(rest, SOURCE_LINE_MAX), '\n');
	size_t n = end < 0 ? rest.n : (size_t)end + 1;

	if (rest.n == 0 || s->too_long)
		return false;
	if (n > SOURCE_LINE_MAX) {
		s->too_long = true;
		return false;
	}
	*line = text_first(rest, n);
	s->pos += n;
	s->line++;
	return true;
}

static struct text
without_end(struct text line)
{
	while (line.n > 0 && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	return line;
}

/* If the line is continued, removes the escape character and the blanks after it from the
 * end of *LINE. Two escape characters in a row do not continue a line. */
static bool
cut_continuation(struct text *line, char escape)
{
	size_t n = line->n;

	while (n > 0 && (line->p[n - 1] == ' ' || line->p[n - 1] == '\t'))
		n--;
	if (n == 0 || line->p[n - 1] != escape)
		return false;
	if (n > 1 && line->p[n - 2] == escape)
		return false;
	line->n = n - 1;
	return true;
}

/* The text of RAW starts at its first byte: an indented comment keeps its "#", so it
 * describes nothing. An empty comment separates the comments above from those below. */
static void
keep_comment(struct words *comments, struct text raw)
{
	struct text comment = rune_trim(text_from(raw, 1));

	if (comment.n == 0)
		comments->list.n = 0;
	else
		array_push(&comments->list, comment);
}

static void
join(struct source *s, struct arena *arena, char escape, struct logical_line *out)
{
	auto_buf struct buf joined = BUF_INIT;
	bool goes_on = true;
	struct text line;

	buf_add_text(&joined, out->text);
	while (goes_on && next_line(s, &line)) {
		struct text content = rune_trim_left(without_end(line));

		if (content.n > 0 && content.p[0] == '#')
			continue;
		if (content.n == 0) {
			out->empty_continuation = true;
			continue;
		}
		line = without_end(line);
		goes_on = cut_continuation(&line, escape);
		buf_add_text(&joined, line);
	}
	out->text = arena_text(arena, buf_text(&joined));
	out->at.last = s->line;
}

int
source_next(struct source *s, struct arena *arena, struct directives *d,
            struct logical_line *out, struct error *err)
{
	struct text raw, line;

	out->comments.list.n = 0;
	out->empty_continuation = false;
	while (next_line(s, &raw)) {
		struct place here = { .line = s->line, .last = s->line };
		bool goes_on;
		int is_directive;

		line = rune_trim_left(without_end(raw));
		is_directive = directive_feed(d, line, err);
		if (is_directive < 0)
			return error_at(err, here);
		if (line.n > 0 && line.p[0] == '#') {
			if (!is_directive)
				keep_comment(&out->comments, raw);
			continue;
		}
		goes_on = cut_continuation(&line, d->escape);
		if (!goes_on && line.n == 0)
			continue;
		out->text = line;
		out->at = here;
		if (goes_on)
			join(s, arena, d->escape, out);
		return 1;
	}
	return 0;
}

bool
source_body(struct source *s, struct text terminator, bool chomp, struct text *body)
{
	size_t start = s->pos;
	struct text line;

	for (size_t end = s->pos; next_line(s, &line); end = s->pos) {
		line = without_end(line);
		while (chomp && line.n > 0 && line.p[0] == '\t')
			line = text_from(line, 1);
		if (!text_equal(line, terminator))
			continue;
		*body = text_first(text_from(s->bytes, start), end - start);
		return true;
	}
	return false;
}
