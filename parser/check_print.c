#include <jansson.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "parser/answer.h"
#include "parser/dockerfile.h"
#include "parser/frame.h"
#include "parser/plan.h"
#include "parser/subrequests.h"

/* ------------------------------------------------------------ text */

static void
print_warning(struct buf *out, const struct frame_source *source,
              const struct lint_warning *w)
{
	buf_print(out, "\nWARNING: %s%s%s\n", w->rule, w->url == NULL ? "" : " - ",
	          w->url == NULL ? "" : w->url);
	buf_add_text(out, w->detail);
	buf_add_char(out, '\n');
	frame_add(out, source, w->at);
}

char *
check_print_text(const struct plan *plan, const struct error *fault)
{
	auto_frame_source struct frame_source source;
	auto_buf struct buf out = BUF_INIT;
	size_t n = plan->warnings.n;

	frame_source_init(&source, plan->df->bytes, plan->df->name);
	if (n > 0)
		buf_print(&out, "Check complete, %zu warning%s been found!\n", n,
		          n == 1 ? " has" : "s have");
	else if (fault->code == ERR_NONE)
		buf_add_str(&out, "Check complete, no warnings found.\n");
	for (size_t i = 0; i < n; i++)
		print_warning(&out, &source, &plan->warnings.at[i]);
	return buf_take(&out);
}

/* ------------------------------------------------------------ JSON */

static json_t *
warning_json(const struct lint_warning *w)
{
	json_t *out = json_object();

	jsonio_set(out, "ruleName", json_string(w->rule));
	jsonio_set(out, "description", json_string(w->description));
	answer_set_text(out, "url", text_of(w->url));
	answer_set_text(out, "detail", w->detail);
	jsonio_set(out, "location", answer_location(&w->at, 1));
	return out;
}

static json_t *
source_json(const struct dockerfile *df)
{
	json_t *out = json_object();

	answer_set_text(out, "filename", text_of(df->name));
	jsonio_set(out, "data", jsonio_base64(df->bytes));
	jsonio_set(out, "language", json_string("Dockerfile"));
	return out;
}

static json_t *
fault_json(const struct error *fault)
{
	json_t *out = json_object();
	json_t *location = answer_location(fault->at, fault->n_at);

	jsonio_set(out, "message", jsonio_string(text_of(fault->text)));
	jsonio_set(out, "location", location == NULL ? json_null() : location);
	return out;
}

char *
check_print_json(const struct plan *plan, const struct error *fault)
{
	auto_json json_t *out = json_object();
	json_t *warnings = json_array(), *sources = json_array();

	for (size_t i = 0; i < plan->warnings.n; i++)
		json_array_append_new(warnings, warning_json(&plan->warnings.at[i]));
	json_array_append_new(sources, source_json(plan->df));
	jsonio_set(out, "warnings", warnings);
	jsonio_set(out, "sources", sources);
	if (fault->code != ERR_NONE)
		jsonio_set(out, "buildError", fault_json(fault));
	return jsonio_print_pretty(out);
}
