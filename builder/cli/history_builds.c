#include "builder/cli/history_builds.h"

#include <stdio.h>
#include <unistd.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "base/number.h"
#include "base/visible.h"
#include "builder/cli/shown_image.h"
#include "builder/cli/table.h"
#include "builder/export/export.h"
#include "builder/record/kept.h"
#include "builder/record/page.h"
#include "builder/record/trace.h"

struct asked {
	struct store *store;
	const struct history_wishes *wishes;
	const char *const *words; /* after the action */
	size_t n;
};

static long long
count_of(const json_t *build, const char *member)
{
	return (long long)json_integer_value(
	        json_object_get(json_object_get(build, "counts"), member));
}

static void
print_line(const char *label, const char *text)
{
	auto_buf struct buf b = BUF_INIT;

	if (*text == '\0')
		return;
	buf_print(&b, "%-12s%s", label, text);
	visible_write(stdout, buf_text(&b), VISIBLE_MESSAGE);
	putchar('\n');
}

static json_t *
find(const struct asked *a, struct error *err)
{
	auto_free char *id = kept_find(a->store, a->n > 0 ? a->words[0] : NULL, err);

	return id == NULL ? NULL : kept_read(a->store, id, err);
}

static int
check_words(const struct asked *a, size_t max, const char *usage, struct error *err)
{
	if (a->n <= max)
		return 0;
	error_set(err, ERR_USAGE, "too many words: %s", a->words[max]);
	return error_hint(err, "cooper history %s", usage);
}

/* To -o FILE, or to standard output. */
static int
put(const struct asked *a, struct text t, struct error *err)
{
	if (a->wishes->output == NULL || strcmp(a->wishes->output, "-") == 0) {
		visible_write(stdout, t, VISIBLE_LINES);
		return 0;
	}
	return destination_put_at("--output", a->wishes->output, t, err);
}

static int
put_json(const struct asked *a, const json_t *json, struct error *err)
{
	auto_free char *text = jsonio_print_pretty(json);
	auto_free char *line = mem_print("%s\n", text);

	return put(a, text_of(line), err);
}

/* ------------------------------------------------------------ ls, inspect */

static const struct {
	const char *member, *title;
} columns[] = {
	{ "ID", "BUILD" },
	{ "Name", "NAME" },
	{ "CreatedSince", "STARTED" },
	{ "Status", "STATUS" },
	{ "Duration", "DURATION" },
	{ "Steps", "STEPS" },
	{ "CreatedAt", "STARTED AT" },
	{ "Context", "CONTEXT" },
	{ "Dockerfile", "DOCKERFILE" },
	{ "Target", "TARGET" },
	{ "Error", "ERROR" },
};
#define N_SHOWN 6

static void
set_own(json_t *object, const char *member, char *text)
{
	jsonio_set(object, member, jsonio_string(text_of(text)));
	free(text);
}

static json_t *
row_of(const json_t *build)
{
	json_t *row = json_object();
	int64_t started = 0;

	clock_parse(text_of(jsonio_text(build, "started")), &started);
	set_own(row, "ID", mem_copy(jsonio_text(build, "id")));
	set_own(row, "Name", mem_copy(jsonio_text(build, "name")));
	set_own(row, "Status", mem_copy(jsonio_text(build, "status")));
	set_own(row, "CreatedSince", shown_age(started));
	set_own(row, "CreatedAt", mem_copy(jsonio_text(build, "started")));
	set_own(row, "Duration",
	        mem_print("%.1fs", json_number_value(json_object_get(build, "seconds"))));
	set_own(row, "Steps",
	        mem_print("%lld: %lld run, %lld cached", count_of(build, "total"),
	                  count_of(build, "run"), count_of(build, "cached")));
	set_own(row, "Context", mem_copy(jsonio_text(build, "context")));
	set_own(row, "Dockerfile", mem_copy(jsonio_text(build, "dockerfile")));
	set_own(row, "Target", mem_copy(jsonio_text(build, "target")));
	set_own(row, "Error",
	        mem_copy(jsonio_text(json_object_get(build, "error"), "text")));
	return row;
}

/* All builds as rows; what cannot be read is left out. */
static json_t *
rows_of(const struct asked *a)
{
	auto_record_ids struct record_ids ids = { 0 };
	json_t *rows = json_array();

	kept_list(a->store, &ids);
	for (size_t i = 0; i < ids.list.n; i++) {
		auto_error struct error ignored = ERROR_INIT;
		auto_json json_t *build = kept_read(a->store, ids.list.at[i], &ignored);

		if (build != NULL)
			json_array_append_new(rows, row_of(build));
	}
	return rows;
}

static int
print_template(const struct asked *a, const json_t *rows, struct error *err)
{
	auto_json json_t *headings = json_object();
	int failed = 0;

	for (size_t i = 0; i < COUNT_OF(columns); i++)
		jsonio_set(headings, columns[i].member, json_string(columns[i].title));
	formatted_begin(a->wishes->format, headings);
	for (size_t i = 0; i < json_array_size(rows) && failed == 0; i++)
		failed = formatted_row(a->wishes->format, json_array_get(rows, i), NULL,
		                       err);
	if (failed == 0)
		formatted_end(a->wishes->format);
	return failed;
}

static void
print_table(const json_t *rows)
{
	struct table t = { .n_columns = N_SHOWN };

	for (size_t i = 0; i < N_SHOWN; i++)
		table_add(&t, mem_copy(columns[i].title));
	for (size_t i = 0; i < json_array_size(rows); i++)
		for (size_t k = 0; k < N_SHOWN; k++)
			table_add(&t, mem_copy(jsonio_text(json_array_get(rows, i),
			                                   columns[k].member)));
	table_print(&t, stdout);
	table_clear(&t);
}

static int
list(const struct asked *a, struct error *err)
{
	auto_json json_t *rows = NULL;

	if (check_words(a, 0, "ls", err) < 0)
		return -1;
	rows = rows_of(a);
	if (a->wishes->quiet) {
		for (size_t i = 0; i < json_array_size(rows); i++)
			puts(jsonio_text(json_array_get(rows, i), "ID"));
		return 0;
	}
	if (a->wishes->format->kind == FORMATTED_TEMPLATE)
		return print_template(a, rows, err);
	if (a->wishes->format->kind == FORMATTED_JSON)
		return put_json(a, rows, err);
	print_table(rows);
	return 0;
}

static void
print_steps(const json_t *steps)
{
	static const char *const titles[] = { "STEP", "VERDICT", "RESULT",
		                              "TIME", "NAME",    "REASON" };
	struct table t = { .n_columns = COUNT_OF(titles) };

	for (size_t i = 0; i < COUNT_OF(titles); i++)
		table_add(&t, mem_copy(titles[i]));
	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		const char *verdict = jsonio_text(step, "verdict");
		struct text name = text_of(jsonio_text(step, "name"));

		name = text_cut(&name, '\n');
		table_add(&t, mem_print("%lld", (long long)json_integer_value(
		                                        json_object_get(step, "id"))));
		table_add(&t, mem_copy(strcmp(verdict, "NONE") == 0 ? "-" : verdict));
		table_add(&t, mem_copy(jsonio_text(step, "result")));
		table_add(&t,
		          mem_print("%.1fs",
		                    json_number_value(json_object_get(step, "seconds"))));
		table_add(&t, text_copy(name));
		table_add(&t, mem_copy(jsonio_text(step, "reason")));
	}
	table_print(&t, stdout);
	table_clear(&t);
}

static void
print_build(const json_t *build)
{
	auto_json json_t *row = row_of(build);
	const json_t *warnings = json_object_get(build, "warnings");

	print_line("Build", jsonio_text(row, "ID"));
	print_line("Name", jsonio_text(row, "Name"));
	print_line("Status", jsonio_text(row, "Status"));
	print_line("Started", jsonio_text(row, "CreatedAt"));
	print_line("Duration", jsonio_text(row, "Duration"));
	print_line("Context", jsonio_text(row, "Context"));
	print_line("Dockerfile", jsonio_text(row, "Dockerfile"));
	print_line("Target", jsonio_text(row, "Target"));
	print_line("Digest", jsonio_text(build, "digest"));
	print_line("Steps", jsonio_text(row, "Steps"));
	print_line("Error", jsonio_text(row, "Error"));
	putchar('\n');
	print_steps(json_object_get(build, "steps"));
	for (size_t i = 0; i < json_array_size(warnings); i++)
		print_line("warning:", jsonio_text(json_array_get(warnings, i), "text"));
}

static int
inspect(const struct asked *a, struct error *err)
{
	auto_json json_t *build = NULL, *rows = NULL;

	if (check_words(a, 1, "inspect [BUILD]", err) < 0 ||
	    (build = find(a, err)) == NULL)
		return -1;
	if (a->wishes->format->kind == FORMATTED_JSON)
		return put_json(a, build, err);
	if (a->wishes->format->kind == FORMATTED_TEXT) {
		print_build(build);
		return 0;
	}
	rows = json_array();
	json_array_append_new(rows, row_of(build));
	return print_template(a, rows, err);
}

/* ------------------------------------------------------------ logs */

/* Bytes of others control no terminal; anything else gets them as they are. */
static int
copy_log(int fd, struct error *err)
{
	char bytes[1 << 16];
	ssize_t n = 0;

	fflush(stdout);
	while ((n = file_read_full(fd, bytes, sizeof bytes, err)) > 0) {
		struct text t = { bytes, (size_t)n };

		if (isatty(STDOUT_FILENO))
			visible_write(stdout, t, VISIBLE_LINES);
		else
			fwrite(t.p, 1, t.n, stdout);
	}
	return n < 0 ? -1 : 0;
}

static int
print_log(const struct asked *a, const json_t *build, const json_t *step, bool named,
          struct error *err)
{
	const json_t *log = json_object_get(step, "log");
	json_int_t id = json_integer_value(json_object_get(step, "id"));
	auto_fd int fd = -1;
	int failed = 0;

	if (log == NULL)
		return 0;
	if (named) {
		auto_free char *name = mem_print("#%lld %s", (long long)id,
		                                 jsonio_text(step, "name"));

		visible_write(stdout, text_of(name), VISIBLE_TITLE);
		putchar('\n');
	}
	fd = kept_log_open(a->store, jsonio_text(build, "id"), (int)id);
	if (fd >= 0)
		failed = copy_log(fd, err);
	else
		visible_write(stdout, text_of(jsonio_text(log, "tail")), VISIBLE_LINES);
	if (json_is_true(json_object_get(log, "cut")))
		fprintf(stderr, "the log of step %lld was cut: the step printed more\n",
		        (long long)id);
	return failed;
}

static int
logs(const struct asked *a, struct error *err)
{
	auto_json json_t *build = NULL;
	const json_t *steps = NULL;
	uint64_t wanted = 0;
	bool found = a->n < 2;
	int failed = 0;

	if (check_words(a, 2, "logs [BUILD [STEP]]", err) < 0)
		return -1;
	if (a->n == 2 && (!number_u64(text_of(a->words[1]), &wanted) || wanted == 0)) {
		error_set(err, ERR_USAGE, "%s: a step is a number", a->words[1]);
		return error_hint(err, "cooper history inspect shows the numbers");
	}
	build = find(a, err);
	if (build == NULL)
		return -1;
	steps = json_object_get(build, "steps");
	for (size_t i = 0; i < json_array_size(steps) && failed == 0; i++) {
		const json_t *step = json_array_get(steps, i);

		if (wanted > 0 &&
		    (uint64_t)json_integer_value(json_object_get(step, "id")) != wanted)
			continue;
		found = true;
		failed = print_log(a, build, step, wanted == 0, err);
	}
	if (found)
		return failed;
	error_set(err, ERR_SOURCE, "build %s has no step %s", jsonio_text(build, "id"),
	          a->words[1]);
	return error_hint(err, "cooper history inspect shows the numbers");
}

/* ------------------------------------------------------------ rm, export, trace */

static int
remove_all(const struct asked *a, struct error *err)
{
	auto_record_ids struct record_ids ids = { 0 };

	kept_list(a->store, &ids);
	for (size_t i = 0; i < ids.list.n; i++)
		if (kept_remove(a->store, ids.list.at[i], err) < 0)
			return -1;
	return 0;
}

/* All are found before the first is removed: "^1" means the same in each word. */
static int
remove_builds(const struct asked *a, struct error *err)
{
	auto_record_ids struct record_ids found = { 0 };

	if (a->wishes->all)
		return remove_all(a, err);
	if (a->n == 0) {
		error_set(err, ERR_USAGE, "which build?");
		return error_hint(err, "cooper history rm BUILD… | --all");
	}
	for (size_t i = 0; i < a->n; i++) {
		char *id = kept_find(a->store, a->words[i], err);

		if (id == NULL)
			return -1;
		array_push(&found.list, id);
	}
	for (size_t i = 0; i < found.list.n; i++) {
		if (kept_remove(a->store, found.list.at[i], err) < 0)
			return -1;
		puts(found.list.at[i]);
	}
	return 0;
}

static int export(const struct asked *a, struct error *err)
{
	const char *path = a->wishes->output == NULL ? "-" : a->wishes->output;
	auto_json json_t *build = NULL;
	auto_buf struct buf page = BUF_INIT;
	bool is_page = false;

	if (check_words(a, 1, "export [BUILD] [-o FILE]", err) < 0 ||
	    record_form("--output", path, &is_page, err) < 0 ||
	    (build = find(a, err)) == NULL)
		return -1;
	if (!is_page)
		return put_json(a, build, err);
	record_page(&page, build);
	return put(a, buf_text(&page), err);
}

static int
trace(const struct asked *a, struct error *err)
{
	auto_json json_t *build = NULL, *json = NULL;

	if (check_words(a, 1, "trace [BUILD] [-o FILE]", err) < 0 ||
	    (build = find(a, err)) == NULL)
		return -1;
	json = a->wishes->otlp ? trace_otlp(build) : trace_chrome(build);
	return put_json(a, json, err);
}

/* ------------------------------------------------------------ public */

static const struct {
	const char *word;
	int (*run)(const struct asked *a, struct error *err);
} actions[] = {
	{ "ls", list },          { "inspect", inspect }, { "logs", logs },
	{ "rm", remove_builds }, { "export", export },   { "trace", trace },
};

bool
history_is_of_builds(const struct words_left *words)
{
	for (size_t i = 0; words->list.n > 0 && i < COUNT_OF(actions); i++)
		if (strcmp(words->list.at[0], actions[i].word) == 0)
			return true;
	return words->list.n == 0;
}

int
history_builds(struct store *store, const struct history_wishes *wishes,
               const struct words_left *words, struct error *err)
{
	struct asked a = { .store = store, .wishes = wishes };

	if (words->list.n == 0)
		return list(&a, err);
	a.words = words->list.at + 1;
	a.n = words->list.n - 1;
	for (size_t i = 0; i < COUNT_OF(actions); i++)
		if (strcmp(words->list.at[0], actions[i].word) == 0)
			return actions[i].run(&a, err);
	return error_set(err, ERR_USAGE, "%s: no action", words->list.at[0]);
}
