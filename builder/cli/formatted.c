#include "builder/cli/formatted.h"

#include <stdio.h>

#include "base/base.h"
#include "base/visible.h"
#include "builder/cli/table.h"

/* Shells pass "\t" as it is typed. */
static void
unescape(struct text t, struct buf *out)
{
	while (t.n > 0) {
		bool escape = t.n > 1 && t.p[0] == '\\' &&
		              (t.p[1] == 't' || t.p[1] == 'n');

		buf_add_char(out, !escape ? t.p[0] : t.p[1] == 't' ? '\t' : '\n');
		t = text_from(t, escape ? 2 : 1);
	}
}

int
formatted_parse(struct formatted *f, struct text value, struct error *err)
{
	auto_buf struct buf source = BUF_INIT;

	formatted_clear(f);
	if (text_is(value, "json"))
		f->kind = FORMATTED_JSON;
	if (text_is(value, "json") || text_is(value, "text") || text_is(value, "table") ||
	    value.n == 0)
		return 0;
	f->is_table = text_starts(value, "table ");
	if (text_find(value, '{') < 0 || f->is_table) {
		if (!f->is_table)
			return error_set(err, ERR_USAGE,
			                 "must be text, json or a template like {{.ID}}");
		value = text_trim(text_from(value, strlen("table ")));
	}
	unescape(value, &source);
	f->template = template_parse(buf_text(&source), err);
	f->kind = FORMATTED_TEMPLATE;
	return f->template == NULL ? -1 : 0;
}

void
formatted_begin(struct formatted *f, const json_t *headings)
{
	auto_buf struct buf line = BUF_INIT;
	auto_error struct error ignored = ERROR_INIT;
	static const char *const none[] = { NULL };

	if (!f->is_table || f->no_heading)
		return;
	/* What cannot be made of titles has none. */
	if (template_print(f->template, headings, none, &line, &ignored) < 0)
		buf_truncate(&line, 0);
	array_push(&f->lines, buf_take(&line));
}

int
formatted_row(struct formatted *f, const json_t *row, const char *const *maps,
              struct error *err)
{
	auto_buf struct buf line = BUF_INIT;

	if (template_print(f->template, row, maps, &line, err) < 0)
		return error_wrap(err, "--format");
	if (f->is_table) {
		array_push(&f->lines, buf_take(&line));
		return 0;
	}
	visible_write(stdout, buf_text(&line), VISIBLE_LINES);
	putchar('\n');
	return 0;
}

static size_t
count_cells(const char *line)
{
	size_t n = 1;

	for (; *line != '\0'; line++)
		n += *line == '\t';
	return n;
}

void
formatted_end(struct formatted *f)
{
	struct table t = { .n_columns = 1 };

	for (size_t i = 0; i < f->lines.n; i++) {
		size_t n = count_cells(f->lines.at[i]);

		t.n_columns = n > t.n_columns ? n : t.n_columns;
	}
	for (size_t i = 0; i < f->lines.n; i++) {
		struct text rest = text_of(f->lines.at[i]);

		for (size_t j = 0; j < t.n_columns; j++)
			table_add(&t, text_copy(text_cut(&rest, '\t')));
	}
	table_print(&t, stdout);
	table_clear(&t);
}

void
formatted_clear(struct formatted *f)
{
	template_free(f->template);
	for (size_t i = 0; i < f->lines.n; i++)
		free(f->lines.at[i]);
	array_clear(&f->lines);
	*f = (struct formatted){ .no_heading = f->no_heading };
}
