#include "parser/answer.h"

#include "base/base.h"
#include "base/jsonio.h"

/* ------------------------------------------------------------ JSON */

static json_t *
position(int line)
{
	json_t *out = json_object();

	jsonio_set(out, "line", json_integer(line));
	return out;
}

static int
compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

json_t *
answer_location(const struct place *places, size_t n)
{
	struct place sorted[ERROR_PLACES_MAX];
	json_t *ranges = json_array(), *out = json_object();
	int line = 1; /* the first one that is not in RANGES yet */

	n = n < ERROR_PLACES_MAX ? n : ERROR_PLACES_MAX;
	memcpy(sorted, places, n * sizeof *places);
	qsort(sorted, n, sizeof *sorted, compare_places);
	for (size_t i = 0; i < n; i++) {
		int last = sorted[i].last > sorted[i].line ? sorted[i].last
		                                           : sorted[i].line;

		if (sorted[i].line > line)
			line = sorted[i].line;
		for (; line <= last; line++) {
			json_t *range = json_object();

			jsonio_set(range, "start", position(line));
			jsonio_set(range, "end", position(line));
			json_array_append_new(ranges, range);
		}
	}
	jsonio_set(out, "ranges", ranges);
	if (json_array_size(ranges) > 0)
		return out;
	json_decref(out);
	return NULL;
}

void
answer_set_text(json_t *object, const char *name, struct text t)
{
	if (t.n > 0)
		jsonio_set(object, name, jsonio_string(t));
}

void
answer_set_source(json_t *object, const struct dockerfile *df)
{
	json_t *sources = json_array();

	json_array_append_new(sources, jsonio_base64(df->bytes));
	jsonio_set(object, "sources", sources);
}

/* ------------------------------------------------------------ text */

/* Code points; a byte that is not UTF-8 counts as one. */
static size_t
width(struct text t)
{
	size_t n = 0;

	for (; t.n > 0; n++) {
		uint32_t rune;
		size_t length = text_rune(t, &rune);

		t = text_from(t, length == 0 ? 1 : length);
	}
	return n;
}

void
answer_table(struct buf *out, const struct text *cells, size_t n_cells, size_t n_columns,
             size_t gap)
{
	auto_free size_t *widths = mem_new_n(n_columns, sizeof *widths);

	for (size_t i = 0; i < n_cells; i++) {
		size_t n = width(cells[i]);

		if (n > widths[i % n_columns])
			widths[i % n_columns] = n;
	}
	for (size_t i = 0; i < n_cells; i++) {
		bool is_last = i % n_columns == n_columns - 1;
		size_t fill = widths[i % n_columns] + gap - width(cells[i]);

		buf_add_text(out, cells[i]);
		if (is_last)
			buf_add_char(out, '\n');
		else
			buf_print(out, "%*s", (int)fill, "");
	}
}
