#include <string.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "builder/record/page_parts.h"

/* Bytes of a line, and of all lines, that are shown. */
#define LINE_MAX_  ((size_t)2000)
#define SOURCE_MAX ((size_t)128 << 10)

static bool
is_within(const json_t *thing, int line)
{
	double first = page_number(thing, "line"), last = page_number(thing, "last");

	return first > 0 && line >= first && line <= (last < first ? first : last);
}

/* The worst that happened to the steps of LINE. */
static const char *
class_of_line(const json_t *steps, int line)
{
	static const char *const order[] = { "failed", "miss", "skipped", "hit" };
	size_t worst = COUNT_OF(order);

	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);

		for (size_t k = 0; k < worst && is_within(step, line); k++)
			if (strcmp(page_class(step), order[k]) == 0)
				worst = k;
	}
	return worst < COUNT_OF(order) ? order[worst] : "";
}

static bool
has_warning(const json_t *warnings, int line)
{
	for (size_t i = 0; i < json_array_size(warnings); i++)
		if (is_within(json_array_get(warnings, i), line))
			return true;
	return false;
}

static void
add_warning(struct buf *out, const json_t *warning)
{
	const char *url = jsonio_text(warning, "url");

	page_add_short(out, jsonio_text(warning, "text"), 2000);
	if (strncmp(url, "https://", strlen("https://")) == 0) {
		buf_add_str(out, " <a rel=\"noreferrer\" href=\"");
		page_add(out, text_of(url));
		buf_add_str(out, "\">about this rule</a>");
	}
}

static void
add_notes(struct buf *out, const json_t *document, int line)
{
	const json_t *warnings = json_object_get(document, "warnings");
	const json_t *error = json_object_get(document, "error");

	for (size_t i = 0; i < json_array_size(warnings); i++) {
		const json_t *warning = json_array_get(warnings, i);

		if ((int)page_number(warning, "line") != line)
			continue;
		buf_add_str(out, "<p class=\"warn\">");
		add_warning(out, warning);
		buf_add_str(out, "</p>");
	}
	if ((int)page_number(error, "line") == line) {
		buf_add_str(out, "<p class=\"bad\">");
		page_add_short(out, jsonio_text(error, "text"), 2000);
		buf_add_str(out, "</p>");
	}
}

static void
add_lines(struct buf *out, const json_t *document)
{
	struct text rest = text_of(jsonio_text(document, "source")), line;
	const json_t *error = json_object_get(document, "error");
	size_t start = out->n;

	for (int i = 1; text_line(&rest, &line); i++) {
		bool is_bad = is_within(error, i);
		bool warns = has_warning(json_object_get(document, "warnings"), i);

		if (out->n - start > SOURCE_MAX) {
			buf_add_str(out, "<p class=\"soft\">… more lines</p>");
			return;
		}
		buf_print(out, "<div id=\"L%d\"%s><u class=\"%s\"></u><s>%d</s><span>", i,
		          is_bad  ? " class=\"bad\""
		          : warns ? " class=\"warn\""
		                  : "",
		          class_of_line(json_object_get(document, "steps"), i), i);
		page_add(out, text_first(line, line.n < LINE_MAX_ ? line.n : LINE_MAX_));
		buf_add_str(out, "</span></div>");
		add_notes(out, document, i);
	}
}

/* All of them, with the way to their lines. */
static void
add_warnings(struct buf *out, const json_t *document)
{
	const json_t *warnings = json_object_get(document, "warnings");
	bool has_source = *jsonio_text(document, "source") != '\0';

	if (json_array_size(warnings) > 0)
		buf_print(out, "<h2>Warnings: %zu</h2>", json_array_size(warnings));
	for (size_t i = 0; i < json_array_size(warnings); i++) {
		const json_t *warning = json_array_get(warnings, i);
		int line = (int)page_number(warning, "line");

		buf_add_str(out, "<p class=\"miss\"><span class=\"v\">WARNING</span> ");
		if (has_source && line > 0)
			buf_print(out, "<a href=\"#L%d\">line %d</a> ", line, line);
		add_warning(out, warning);
		buf_add_str(out, "</p>");
	}
}

void
page_source(struct buf *out, const json_t *document)
{
	add_warnings(out, document);
	if (*jsonio_text(document, "source") == '\0')
		return;
	buf_add_str(out, "<h2>");
	page_add_short(out, jsonio_text(document, "dockerfile"), 200);
	buf_add_str(out, "</h2><div class=\"card\"><pre class=\"src\">");
	add_lines(out, document);
	buf_add_str(out, "</pre></div>\n");
}
