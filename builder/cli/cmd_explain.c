#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/jsonio.h"
#include "base/visible.h"
#include "builder/cli/command.h"
#include "builder/cli/explain_advice.h"
#include "builder/cli/explained.h"
#include "builder/cli/formatted.h"
#include "builder/cli/shown_image.h"
#include "builder/cli/table.h"
#include "builder/record/kept.h"
#include "layers/store.h"

/* Bytes of a step's name in the table. */
#define NAME_BYTES 50

struct explain_options {
	struct store_options store;
	struct formatted format;
};

static int
set_format(void *target, struct text value, struct error *err)
{
	return formatted_parse(&((struct explain_options *)target)->format, value, err);
}

static const struct option_row rows[] = {
	{ "format", 0, "text|json|TEMPLATE", OPTION_CALL, 0, set_format, FORMATTED_HELP },
	ROW_ROOT,
	{ 0 },
};

static char *
seconds_of(const json_t *object)
{
	return mem_print("%.1fs", json_number_value(json_object_get(object, "seconds")));
}

/* ------------------------------------------------------------ text */

/* "Build 18c5f3a2b4d6e7f8 of /src (Dockerfile), 2 minutes ago, 12.3s: it failed" */
static void
print_head(const json_t *build)
{
	const char *context = jsonio_text(build, "context");
	const char *dockerfile = jsonio_text(build, "dockerfile");
	const char *target = jsonio_text(build, "target");
	const char *error = jsonio_text(build, "error");
	auto_free char *seconds = seconds_of(build), *age = NULL;
	auto_buf struct buf head = BUF_INIT;
	int64_t started = 0;

	clock_parse(text_of(jsonio_text(build, "started")), &started);
	age = shown_age(started);
	buf_print(&head, "Build %s of %s", jsonio_text(build, "id"), context);
	if (*dockerfile != '\0')
		buf_print(&head, " (%s%s%s)", dockerfile,
		          *target == '\0' ? "" : ", target ", target);
	buf_print(&head, ", %s, %s", age, seconds);
	if (*error != '\0')
		buf_print(&head, ": %s", error);
	buf_add_str(&head, "\n");
	visible_write(stdout, buf_text(&head), VISIBLE_LINES);
}

/* The beginning of the name's first line. */
static char *
short_name(const char *name)
{
	struct text rest = text_of(name), line = text_cut(&rest, '\n');
	auto_buf struct buf b = BUF_INIT;
	size_t n = line.n <= NAME_BYTES ? line.n : NAME_BYTES;

	while (n > 0 && n < line.n && ((unsigned char)line.p[n] & 0xc0) == 0x80)
		n--;
	buf_add(&b, line.p, n);
	if (n < line.n || rest.n > 0)
		buf_add_str(&b, "…");
	return buf_take(&b);
}

/* The time of a step that began; what became of it, if it did not end well. */
static char *
shown_result(const json_t *step)
{
	const char *result = jsonio_text(step, "result");
	auto_free char *seconds = seconds_of(step);

	if (strcmp(jsonio_text(step, "verdict"), "MISS") != 0)
		return mem_copy("");
	if (strcmp(result, "done") == 0)
		return take(seconds);
	return mem_print("%s, %s", seconds, result);
}

static char *
shown_line(const json_t *step)
{
	json_int_t line = json_integer_value(json_object_get(step, "line"));

	return line > 0 ? mem_print("%lld", (long long)line) : mem_copy("");
}

static const char *
shown_verdict(const json_t *step)
{
	const char *verdict = jsonio_text(step, "verdict");

	return strcmp(verdict, "NONE") == 0 ? "-" : verdict;
}

static const char *
shown_reason(const json_t *step)
{
	const char *reason = jsonio_text(step, "reason");

	if (*reason != '\0')
		return reason;
	return strcmp(jsonio_text(step, "verdict"), "NONE") == 0
	               ? "the build ended before it"
	               : "";
}

static void
print_table(const json_t *steps)
{
	static const char *const titles[] = { "VERDICT", "LINE", "STEP", "TIME",
		                              "REASON" };
	struct table t = { .n_columns = COUNT_OF(titles) };

	for (size_t i = 0; i < COUNT_OF(titles); i++)
		table_add(&t, mem_copy(titles[i]));
	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);

		table_add(&t, mem_copy(shown_verdict(step)));
		table_add(&t, shown_line(step));
		table_add(&t, short_name(jsonio_text(step, "name")));
		table_add(&t, shown_result(step));
		table_add(&t, mem_copy(shown_reason(step)));
	}
	table_print(&t, stdout);
	table_clear(&t);
}

static void
print_text(const json_t *build)
{
	const json_t *advice = json_object_get(build, "advice");

	print_head(build);
	print_table(json_object_get(build, "steps"));
	for (size_t i = 0; i < json_array_size(advice); i++)
		printf("hint: %s\n", json_string_value(json_array_get(advice, i)));
}

/* ------------------------------------------------------------ templates */

/* Columns of a template, their titles, and the members of a step. */
static const struct {
	const char *column, *title, *member;
} columns[] = {
	{ "Verdict", "VERDICT", "verdict" },
	{ "Line", "LINE", "line" },
	{ "Name", "STEP", "name" },
	{ "Seconds", "SECONDS", "seconds" },
	{ "Reason", "REASON", "reason" },
	{ "Stage", "STAGE", "stage" },
	{ "Platform", "PLATFORM", "platform" },
	{ "Command", "COMMAND", "command" },
	{ "Kind", "KIND", "kind" },
	{ "Result", "RESULT", "result" },
};

static int
print_rows(const json_t *steps, struct formatted *f, struct error *err)
{
	auto_json json_t *headings = json_object();
	int failed = 0;

	for (size_t i = 0; i < COUNT_OF(columns); i++)
		jsonio_set(headings, columns[i].column, json_string(columns[i].title));
	formatted_begin(f, headings);
	for (size_t i = 0; i < json_array_size(steps) && failed == 0; i++) {
		auto_json json_t *row = json_object();

		for (size_t k = 0; k < COUNT_OF(columns); k++) {
			json_t *value = json_object_get(json_array_get(steps, i),
			                                columns[k].member);

			jsonio_set(row, columns[k].column,
			           value == NULL ? json_string("") : json_incref(value));
		}
		failed = formatted_row(f, row, NULL, err);
	}
	if (failed == 0)
		formatted_end(f);
	return failed;
}

static int
print(json_t *build, struct explain_options *o, struct error *err)
{
	auto_free char *text = NULL;

	if (o->format.kind == FORMATTED_TEMPLATE)
		return print_rows(json_object_get(build, "steps"), &o->format, err);
	jsonio_set(build, "advice", explain_advice(build));
	if (o->format.kind == FORMATTED_TEXT) {
		print_text(build);
		return 0;
	}
	text = jsonio_print_pretty(build);
	visible_write(stdout, text_of(text), VISIBLE_LINES);
	putchar('\n');
	return 0;
}

static json_t *
read_build(struct store *store, const char *ref, struct error *err)
{
	auto_free char *id = kept_find(store, ref, err);
	auto_json json_t *record = id == NULL ? NULL : kept_read(store, id, err);

	return record == NULL ? NULL : explained_build(record);
}

static int
cmd_explain_work(void *options, const struct words_left *words, struct error *err)
{
	struct explain_options *o = options;
	struct store *store = NULL;
	auto_json json_t *build = NULL;

	if (command_words(&cmd_explain, words, 0, 1, err) < 0)
		return -1;
	store = store_open(o->store.root, err);
	if (store == NULL)
		return -1;
	build = read_build(store, words->list.n > 0 ? words->list.at[0] : NULL, err);
	store_close(store);
	return build == NULL ? -1 : print(build, o, err);
}

static int
cmd_explain_run(const struct command *self, int argc, char **argv)
{
	struct explain_options o = { 0 };
	int status = command_run(self, argc, argv, &o, cmd_explain_work);

	formatted_clear(&o.format);
	return status;
}

struct command cmd_explain = {
	.name = "explain",
	.arguments = "[OPTIONS] [BUILD]",
	.summary = "Say why steps of the last build ran or did not.",
	.options = rows,
	.run = cmd_explain_run,
};
