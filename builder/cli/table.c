#include "builder/cli/table.h"

#include "base/base.h"
#include "base/visible.h"

void
table_add(struct table *t, char *text)
{
	array_push(&t->cells, visible_copy(text_of(text), VISIBLE_CELL));
	free(text);
}

/* Characters, not bytes: names of stages and files may be UTF-8. */
static size_t
width(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

void
table_print(const struct table *t, FILE *out)
{
	auto_free size_t *widths = mem_new_n(t->n_columns, sizeof *widths);

	for (size_t i = 0; i < t->cells.n; i++) {
		size_t *at = &widths[i % t->n_columns], n = width(t->cells.at[i]);

		*at = n > *at ? n : *at;
	}
	for (size_t i = 0; i < t->cells.n; i++) {
		const char *cell = t->cells.at[i];
		bool last = i % t->n_columns == t->n_columns - 1;

		fputs(cell, out);
		if (last)
			fputc('\n', out);
		else
			fprintf(out, "%*s",
			        (int)(widths[i % t->n_columns] - width(cell) + 3), "");
	}
}

void
table_clear(struct table *t)
{
	for (size_t i = 0; i < t->cells.n; i++)
		free(t->cells.at[i]);
	array_clear(&t->cells);
}
