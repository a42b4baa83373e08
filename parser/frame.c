#include "base/base.h"
#include "parser/parser.h"

#define DASHES "--------------------\n"

/* Number of lines when BYTES is split at LF: a trailing LF leaves one more,
 * empty line. */
static int
count_lines(struct text bytes)
{
	struct text line;
	int n = bytes.n == 0 || bytes.p[bytes.n - 1] == '\n';

	while (text_line(&bytes, &line))
		n++;
	return n;
}

static void
print_one(struct buf *out, struct text bytes, const char *name, struct place place,
          int n_lines)
{
	int first = place.line, last = place.last > n_lines ? n_lines : place.last;
	int pad = first >= last ? 4 : 2;
	struct text line;

	if (last < first)
		last = first;
	place.last = last;
	for (int p = 0; p < pad; p++) {
		if (first > 1)
			first--, p++;
		if (last != n_lines)
			last++, p++;
	}
	buf_print(out, "%s:%d\n" DASHES, name, place.line);
	for (int i = 1; i <= last; i++) {
		if (!text_line(&bytes, &line))
			line = TEXT("");
		if (i < first)
			continue;
		buf_print(out, " %3d | %s ", i,
		          i >= place.line && i <= place.last ? ">>>" : "   ");
		buf_add_text(out, line);
		buf_add_char(out, '\n');
	}
	buf_add_str(out, DASHES);
}

void
frame_print(struct buf *out, struct text bytes, const char *name,
            const struct place *places, size_t n)
{
	int n_lines = count_lines(bytes);

	for (size_t i = 0; i < n; i++)
		if (places[i].line >= 1 && places[i].line <= n_lines)
			print_one(out, bytes, name, places[i], n_lines);
}
