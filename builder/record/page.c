#include "builder/record/page.h"

#include <string.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "builder/record/page_parts.h"

static void
add_fact(struct buf *out, const char *label, const char *text)
{
	if (*text == '\0')
		return;
	buf_add_str(out, "<div><span>");
	buf_add_str(out, label);
	buf_add_str(out, "</span><b>");
	page_add_short(out, text, 200);
	buf_add_str(out, "</b></div>");
}

static void
add_list(struct buf *out, const json_t *document, const char *label, const char *member)
{
	const json_t *list = json_object_get(document, member);
	auto_buf struct buf all = BUF_INIT;

	for (size_t i = 0; i < json_array_size(list); i++)
		buf_print(&all, "%s%s", i > 0 ? ", " : "",
		          json_string_value(json_array_get(list, i)));
	add_fact(out, label, buf_str(&all));
}

static void
add_facts(struct buf *out, const json_t *document)
{
	const json_t *counts = json_object_get(document, "counts");
	auto_buf struct buf steps = BUF_INIT, time = BUF_INIT;

	buf_print(&steps, "%.0f: %.0f ran, %.0f cached", page_number(counts, "total"),
	          page_number(counts, "run"), page_number(counts, "cached"));
	if (page_number(counts, "skipped") > 0)
		buf_print(&steps, ", %.0f skipped", page_number(counts, "skipped"));
	page_add_seconds(&time, page_number(document, "seconds"));
	buf_add_str(out, "<div class=\"card facts\">");
	add_fact(out, "time", buf_str(&time));
	add_fact(out, "steps", buf_str(&steps));
	add_list(out, document, "platforms", "platforms");
	add_fact(out, "target", jsonio_text(document, "target"));
	add_list(out, document, "tags", "tags");
	add_fact(out, "context", jsonio_text(document, "context"));
	add_fact(out, "digest", jsonio_text(document, "digest"));
	add_list(out, document, "build arguments", "buildArgs");
	buf_add_str(out, "</div>\n");
}

static void
add_error(struct buf *out, const json_t *document)
{
	const json_t *error = json_object_get(document, "error");

	if (error == NULL)
		return;
	buf_add_str(out, "<div class=\"card error\"><pre>");
	page_add_short(out, jsonio_text(error, "text"), 8000);
	buf_add_str(out, "</pre>");
	if (*jsonio_text(error, "hint") != '\0') {
		buf_add_str(out, "<p class=\"soft\">hint: ");
		page_add_short(out, jsonio_text(error, "hint"), 2000);
		buf_add_str(out, "</p>");
	}
	buf_add_str(out, "</div>\n");
}

/* RFC 3339 for people: "2026-12-01 04:57:36 UTC". */
static void
add_time(struct buf *out, const char *time)
{
	struct text rest = text_of(time), day = text_cut(&rest, 'T'),
	            clock = text_cut(&rest, '.');
	auto_buf struct buf b = BUF_INIT;

	buf_print(&b, "%.*s %.*s UTC", TEXT_ARG(day), TEXT_ARG(clock));
	page_add_short(out, buf_str(&b), 40);
}

static void
add_head(struct buf *out, const json_t *document)
{
	const char *status = jsonio_text(document, "status");
	const char *class = strcmp(status, "done") == 0     ? "hit"
	                    : strcmp(status, "failed") == 0 ? "failed"
	                                                    : "skipped";

	buf_add_str(
	        out,
	        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
	        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	        "'none'; style-src 'unsafe-inline'; img-src data:\"><meta "
	        "name=\"referrer\" "
	        "content=\"no-referrer\"><link rel=\"icon\" href=\"data:,\"><title>");
	page_add_short(out, jsonio_text(document, "name"), 200);
	buf_print(out, " · %s</title><style>", status);
	for (size_t i = 0; page_style[i] != NULL; i++)
		buf_add_str(out, page_style[i]);
	buf_add_str(out, "</style></head><body>\n<h1>");
	page_add_short(out, jsonio_text(document, "name"), 200);
	buf_print(out, " <span class=\"badge %s\">%s</span></h1><p class=\"soft\">",
	          class, status);
	add_time(out, jsonio_text(document, "started"));
	buf_add_str(out, " · build ");
	page_add_short(out, jsonio_text(document, "id"), 40);
	buf_add_str(out, "</p>\n");
}

void
record_page(struct buf *out, const json_t *document)
{
	add_head(out, document);
	add_error(out, document);
	add_facts(out, document);
	page_graph(out, document);
	page_steps(out, document);
	page_layers(out, document);
	page_source(out, document);
	buf_add_str(out,
	            "<p class=\"soft\">Made by cooper. The same as JSON: <code>cooper "
	            "history export ");
	page_add_short(out, jsonio_text(document, "id"), 40);
	buf_add_str(out, "</code></p></body></html>\n");
}

int
record_form(const char *option, const char *path, bool *is_page, struct error *err)
{
	struct text t = text_of(path);

	*is_page = text_ends(t, ".html") || text_ends(t, ".htm");
	if (*is_page || text_ends(t, ".json") || text_is(t, "-"))
		return 0;
	error_set(err, ERR_USAGE, "%s %s: neither .html nor .json", option, path);
	return error_hint(err,
	                  "FILE.html is a page to read, FILE.json the same as JSON; - is "
	                  "JSON on standard output");
}
