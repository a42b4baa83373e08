#include <string.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "builder/record/page_parts.h"

/* Bytes of the page for all logs, after escaping, and for one command. */
#define LOGS_MAX    ((size_t)480 << 10)
#define COMMAND_MAX ((size_t)1200)

static void
add_bar(struct buf *out, double start, double seconds, double all, const char *class)
{
	double left = all > 0 ? 100 * start / all : 0;
	double width = all > 0 ? 100 * seconds / all : 0;

	left = left > 99.5 ? 99.5 : left;
	width = left + width > 100 ? 100 - left : width;
	buf_print(out, "<i class=\"%s\" style=\"left:%.2f%%;width:%.2f%%\"></i>", class,
	          left, width);
}

static void
add_summary(struct buf *out, const json_t *step, double all)
{
	const json_t *transfers = json_object_get(step, "transfers");
	const char *verdict = jsonio_text(step, "verdict");
	bool is_critical = json_is_true(json_object_get(step, "critical"));
	bool failed = strcmp(jsonio_text(step, "result"), "failed") == 0;

	buf_print(out, "<summary><span class=\"v\">%s</span><span class=\"n\">",
	          failed                         ? "FAILED"
	          : strcmp(verdict, "NONE") == 0 ? ""
	                                         : verdict);
	page_add_short(out, jsonio_text(step, "name"), 240);
	buf_add_str(out, "</span><span class=\"t\">");
	if (json_object_get(step, "start") != NULL)
		add_bar(out, page_number(step, "start"), page_number(step, "seconds"),
		        all, is_critical ? "crit" : "");
	for (size_t i = 0; i < json_array_size(transfers); i++) {
		const json_t *t = json_array_get(transfers, i);

		add_bar(out, page_number(t, "start"), page_number(t, "seconds"), all,
		        "x");
	}
	buf_add_str(out, "</span><span class=\"d\">");
	if (json_object_get(step, "start") != NULL)
		page_add_seconds(out, page_number(step, "seconds"));
	buf_add_str(out, "</span></summary>");
}

static void
add_line(struct buf *out, const char *label, const char *text)
{
	if (*text == '\0')
		return;
	buf_print(out, "<p><span class=\"soft\">%s</span> ", label);
	page_add_short(out, text, 2000);
	buf_add_str(out, "</p>");
}

static void
add_also(struct buf *out, const json_t *step)
{
	const json_t *also = json_object_get(step, "also");

	for (size_t i = 0; i < json_array_size(also); i++)
		add_line(out, "the same step of",
		         json_string_value(json_array_get(also, i)));
}

static void
add_transfers(struct buf *out, const json_t *step)
{
	const json_t *transfers = json_object_get(step, "transfers");

	if (json_array_size(transfers) == 0)
		return;
	buf_add_str(
	        out,
	        "<table><tr><th>transfer<th class=\"r\">size<th class=\"r\">time</tr>");
	for (size_t i = 0; i < json_array_size(transfers); i++) {
		const json_t *t = json_array_get(transfers, i);

		buf_add_str(out, "<tr><td>");
		page_add_short(out, jsonio_text(t, "name"), 90);
		buf_add_str(out, "<td class=\"r\">");
		page_add_bytes(out, page_number(t, "bytes"));
		buf_add_str(out, "<td class=\"r\">");
		page_add_seconds(out, page_number(t, "seconds"));
		buf_add_str(out, "</tr>");
	}
	buf_add_str(out, "</table>");
}

/* The end of the log, as much as fits into MAX bytes of the page. */
static void
add_log(struct buf *out, const json_t *step, size_t max)
{
	const json_t *log = json_object_get(step, "log");
	struct text tail = text_of(jsonio_text(log, "tail"));
	auto_buf struct buf b = BUF_INIT;
	bool whole = json_is_true(json_object_get(log, "whole"));

	if (log == NULL)
		return;
	page_add_log(&b, tail);
	while (b.n > max && tail.n > 0) {
		struct text line;

		tail = text_from(tail, tail.n / 4 + 1);
		text_line(&tail, &line);
		buf_truncate(&b, 0);
		page_add_log(&b, tail);
		whole = false;
	}
	if (!whole) {
		buf_add_str(out, "<p class=\"soft\">The end of ");
		page_add_bytes(out, page_number(log, "bytes"));
		buf_add_str(out, "; all of it: <code>cooper history logs</code></p>");
	}
	buf_add_str(out, "<pre class=\"log\">");
	buf_add_text(out, buf_text(&b));
	buf_add_str(out, "</pre>");
}

static void
add_body(struct buf *out, const json_t *step, size_t log_max)
{
	const json_t *layer = json_object_get(step, "layer");

	buf_add_str(out, "<div class=\"b\">");
	add_line(out, "reason", jsonio_text(step, "reason"));
	add_line(out, "error", jsonio_text(step, "error"));
	add_line(out, "stage", jsonio_text(step, "stage"));
	add_line(out, "platform", jsonio_text(step, "platform"));
	add_also(out, step);
	if (page_number(step, "line") > 0)
		buf_print(
		        out,
		        "<p><span class=\"soft\">line</span> <a href=\"#L%.0f\">%.0f</a>"
		        "</p>",
		        page_number(step, "line"), page_number(step, "line"));
	if (page_number(layer, "bytes") > 0) {
		buf_add_str(out, "<p><span class=\"soft\">layer</span> ");
		page_add_bytes(out, page_number(layer, "bytes"));
		buf_add_str(out, "</p>");
	}
	if (*jsonio_text(step, "command") != '\0') {
		buf_add_str(out, "<pre class=\"log\">");
		page_add_short(out, jsonio_text(step, "command"), COMMAND_MAX);
		buf_add_str(out, "</pre>");
	}
	add_transfers(out, step);
	add_log(out, step, log_max);
	buf_add_str(out, "</div>");
}

void
page_steps(struct buf *out, const json_t *document)
{
	const json_t *steps = json_object_get(document, "steps");
	double all = page_number(document, "seconds");
	size_t n_logs = 1;

	for (size_t i = 0; i < json_array_size(steps); i++)
		n_logs += json_object_get(json_array_get(steps, i), "log") != NULL;
	buf_add_str(out,
	            "<h2>Timeline</h2><p class=\"soft\">Each step tells why it ran, and "
	            "what it printed. Thin blue bars are transfers.</p>"
	            "<div class=\"card\">");
	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		bool failed = strcmp(page_class(step), "failed") == 0;

		buf_print(out, "<details id=\"s%.0f\" class=\"s %s\"%s>",
		          page_number(step, "id"), page_class(step),
		          failed ? " open" : "");
		add_summary(out, step, all);
		add_body(out, step, LOGS_MAX / n_logs + (failed ? LOGS_MAX / 8 : 0));
		buf_add_str(out, "</details>\n");
	}
	buf_add_str(out, "</div>\n");
}
