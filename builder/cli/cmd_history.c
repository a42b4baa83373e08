#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/jsonio.h"
#include "base/number.h"
#include "base/visible.h"
#include "builder/cli/command.h"
#include "builder/cli/formatted.h"
#include "builder/cli/history_builds.h"
#include "builder/cli/shown_image.h"
#include "builder/cli/table.h"
#include "builder/cli/values.h"
#include "layers/store.h"

#define CREATED_BY_MAX 45 /* characters, as docker cuts them */

struct history_options {
	struct store_options store;
	struct formatted format;
	struct text platform;
	bool quiet, full, exact;
	bool all, otlp;     /* of builds */
	const char *output; /* likewise */
};

#define HISTORY_AT(member) offsetof(struct history_options, member)

static int
set_format(void *target, struct text value, struct error *err)
{
	return formatted_parse(&((struct history_options *)target)->format, value, err);
}

static int
set_human(void *target, struct text value, struct error *err)
{
	bool human = true;

	if (value_flag(value, &human, err) < 0)
		return -1;
	((struct history_options *)target)->exact = !human;
	return 0;
}

static const struct option_row rows[] = {
	{ "all", 'a', NULL, OPTION_FLAG, HISTORY_AT(all), NULL,
	  "rm: remove all records of builds" },
	{ "format", 0, "text|json|TEMPLATE", OPTION_CALL, 0, set_format, FORMATTED_HELP },
	{ "human", 'H', "[=true|false]", OPTION_CALL_FLAG, 0, set_human,
	  "false: sizes in bytes, times in full" },
	{ "no-trunc", 0, NULL, OPTION_FLAG, HISTORY_AT(full), NULL,
	  "print whole instructions and ids" },
	{ "otlp", 0, NULL, OPTION_FLAG, HISTORY_AT(otlp), NULL,
	  "trace: as OpenTelemetry has it, not as Chrome" },
	{ "output", 'o', "FILE", OPTION_STRING, HISTORY_AT(output), NULL,
	  "export, trace: write to FILE; of export also FILE.html" },
	{ "platform", 0, "OS/ARCH", OPTION_TEXT, HISTORY_AT(platform), NULL,
	  "which image of an index (default: this machine's)" },
	{ "quiet", 'q', NULL, OPTION_FLAG, HISTORY_AT(quiet), NULL, "print ids only" },
	ROW_ROOT,
	{ 0 },
};

/* ------------------------------------------------------------ rows */

/* The beginning of TEXT, at most MAX characters with the mark of a cut. */
static char *
cut(const char *text, size_t max)
{
	struct text left = text_of(text);
	size_t n = 0;

	while (left.n > 0 && n < max) {
		uint32_t rune = 0;
		size_t bytes = text_rune(left, &rune);

		left = text_from(left, bytes == 0 ? 1 : bytes);
		n++;
		if (n == max - 1 && left.n > 0 && text_rune(left, &rune) < left.n)
			return mem_print("%.*s…", (int)(left.p - text), text);
	}
	return mem_copy(text);
}

static void
set_own(json_t *object, const char *member, char *text)
{
	jsonio_set(object, member, jsonio_string(text_of(text)));
	free(text);
}

static char *
size_text(uint64_t size, bool exact)
{
	auto_buf struct buf b = BUF_INIT;

	if (exact)
		return mem_print("%llu", (unsigned long long)size);
	number_print_size(&b, size);
	return buf_take(&b);
}

/* One entry of the config's history; SIZE is that of its layer. ID NULL: not the last. */
static json_t *
make_row(const json_t *entry, uint64_t size, char *id, const struct history_options *o)
{
	json_t *row = json_object();
	const char *created = jsonio_text(entry, "created");
	const char *by = jsonio_text(entry, "created_by");
	int64_t ns = 0;

	if (!clock_parse(text_of(created), &ns))
		ns = 0;
	set_own(row, "Comment", mem_copy(jsonio_text(entry, "comment")));
	set_own(row, "CreatedAt", mem_copy(created));
	set_own(row, "CreatedBy",
	        o->full || o->exact ? mem_copy(by) : cut(by, CREATED_BY_MAX));
	set_own(row, "CreatedSince", o->exact ? mem_copy(created) : shown_age(ns));
	set_own(row, "ID", id == NULL ? mem_copy("<missing>") : id);
	set_own(row, "Size", size_text(size, o->exact));
	return row;
}

static char *
make_id(const struct stored *s, bool full)
{
	const struct image_row row = { .stored = *s };

	return shown_id(&row, full);
}

/* The latest first. */
static json_t *
make_rows(const struct stored *s, const struct history_options *o)
{
	const json_t *history = json_object_get(s->config, "history");
	json_t *list = json_array();
	size_t n = json_array_size(history), layer = 0;

	for (size_t i = 0; i < n; i++) {
		const json_t *entry = json_array_get(history, i);
		bool empty = json_is_true(json_object_get(entry, "empty_layer"));
		uint64_t size = 0;

		if (!empty && layer < s->document.layers.n)
			size = s->document.layers.at[layer++].size;
		json_array_insert_new(list, 0,
		                      make_row(entry, size,
		                               i == n - 1 ? make_id(s, o->full) : NULL,
		                               o));
	}
	return list;
}

/* ------------------------------------------------------------ printing */

static const struct {
	const char *member, *title;
} columns[] = {
	{ "ID", "IMAGE" },  { "CreatedSince", "CREATED" }, { "CreatedBy", "CREATED BY" },
	{ "Size", "SIZE" }, { "Comment", "COMMENT" },      { "CreatedAt", "CREATED AT" },
};
#define N_SHOWN (COUNT_OF(columns) - 1)

static void
print_table(const json_t *list)
{
	struct table t = { .n_columns = N_SHOWN };

	for (size_t i = 0; i < N_SHOWN; i++)
		table_add(&t, mem_copy(columns[i].title));
	for (size_t i = 0; i < json_array_size(list); i++)
		for (size_t j = 0; j < N_SHOWN; j++)
			table_add(&t, mem_copy(jsonio_text(json_array_get(list, i),
			                                   columns[j].member)));
	table_print(&t, stdout);
	table_clear(&t);
}

static int
print_rows(const json_t *list, struct formatted *f, struct error *err)
{
	auto_json json_t *headings = json_object();
	int failed = 0;

	for (size_t i = 0; i < COUNT_OF(columns); i++)
		jsonio_set(headings, columns[i].member, json_string(columns[i].title));
	formatted_begin(f, headings);
	for (size_t i = 0; i < json_array_size(list) && failed == 0; i++)
		failed = formatted_row(f, json_array_get(list, i), NULL, err);
	if (failed == 0)
		formatted_end(f);
	return failed;
}

static int
print(const json_t *list, struct history_options *o, struct error *err)
{
	auto_free char *text = NULL;

	if (o->quiet) {
		for (size_t i = 0; i < json_array_size(list); i++)
			puts(jsonio_text(json_array_get(list, i), "ID"));
		return 0;
	}
	if (o->format.kind == FORMATTED_TEMPLATE)
		return print_rows(list, &o->format, err);
	if (o->format.kind == FORMATTED_TEXT) {
		print_table(list);
		return 0;
	}
	text = jsonio_print_pretty(list);
	visible_write(stdout, text_of(text), VISIBLE_LINES);
	putchar('\n');
	return 0;
}

static int
show(struct store *store, struct history_options *o, const char *name, struct error *err)
{
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	auto_platform struct platform platform = PLATFORM_INIT;
	auto_stored struct stored s = STORED_INIT;
	auto_free char *full = NULL;
	auto_json json_t *list = NULL;
	bool any = o->platform.p == NULL;

	if (!any && platform_parse(&platform, o->platform, err) < 0)
		return error_wrap(err, "--platform");
	if (stored_find(store, name, &full, &target, err) < 0 ||
	    stored_read(store, &target, any ? NULL : &platform, &s, err) < 0)
		return -1;
	list = make_rows(&s, o);
	return print(list, o, err);
}

static int
cmd_history_work(void *options, const struct words_left *words, struct error *err)
{
	struct history_options *o = options;
	struct store *store = NULL;
	const struct history_wishes wishes = { .format = &o->format,
		                               .output = o->output,
		                               .all = o->all,
		                               .otlp = o->otlp,
		                               .quiet = o->quiet };
	bool of_builds = history_is_of_builds(words);
	int failed = of_builds ? 0 : command_words(&cmd_history, words, 1, 1, err);

	if (failed < 0)
		return -1;
	store = store_open(o->store.root, err);
	if (store == NULL)
		return -1;
	failed = of_builds ? history_builds(store, &wishes, words, err)
	                   : show(store, o, words->list.at[0], err);
	store_close(store);
	return failed;
}

static int
cmd_history_run(const struct command *self, int argc, char **argv)
{
	struct history_options o = { 0 };
	int status = command_run(self, argc, argv, &o, cmd_history_work);

	formatted_clear(&o.format);
	return status;
}

struct command cmd_history = {
	.name = "history",
	.arguments =
	        "[OPTIONS] [ls | inspect | logs | rm | export | trace] [BUILD…] | IMAGE",
	.summary = "Show earlier builds, or the instructions of an image's layers.",
	.options = rows,
	.run = cmd_history_run,
	.actions = "ls inspect logs rm export trace",
};
