#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "base/number.h"
#include "builder/cli/command.h"
#include "builder/cli/table.h"
#include "builder/machine/machine.h"
#include "layers/housekeeping.h"
#include "layers/store.h"

static const struct option_row rows[] = {
	ROW_FORMAT,
	ROW_ROOT,
	{ "verbose", 'v', NULL, OPTION_IGNORED, 0, NULL, NULL },
	{ 0 },
};

#define NO_COUNT UINT64_MAX

struct line {
	const char *what;
	uint64_t n; /* NO_COUNT: not counted */
	uint64_t bytes;
};

#define LINES 10

static void
lines_of(const struct usage *u, struct line out[LINES])
{
	const uint64_t total = u->blobs + u->layers + u->trees + u->steps + u->mounts +
	                       u->contexts + u->plain + u->tmp;
	const struct line lines[LINES] = {
		{ "blobs", u->n_blobs, u->blobs },
		{ "layers", u->n_layers, u->layers },
		{ "trees", NO_COUNT, u->trees },
		{ "steps", u->n_steps, u->steps },
		{ "mounts", u->n_mounts, u->mounts },
		{ "contexts", NO_COUNT, u->contexts },
		{ "plain", u->n_plain, u->plain },
		{ "tmp", NO_COUNT, u->tmp },
		{ "total", NO_COUNT, total },
		{ "reclaimable", NO_COUNT, u->reclaimable },
	};

	memcpy(out, lines, sizeof lines);
}

static void
print_table(const struct line lines[LINES])
{
	struct table t = { .n_columns = 3 };

	table_add(&t, mem_copy("WHAT"));
	table_add(&t, mem_copy("NUMBER"));
	table_add(&t, mem_copy("SIZE"));
	for (size_t i = 0; i < LINES; i++) {
		auto_buf struct buf size = BUF_INIT;

		number_print_size(&size, lines[i].bytes);
		table_add(&t, mem_copy(lines[i].what));
		table_add(&t,
		          lines[i].n == NO_COUNT
		                  ? mem_copy("")
		                  : mem_print("%llu", (unsigned long long)lines[i].n));
		table_add(&t, buf_take(&size));
	}
	table_print(&t, stdout);
	table_clear(&t);
}

/* {"blobs":{"number":3,"bytes":1234}, …, "reclaimable":{"bytes":12}} */
static void
print_json(const struct line lines[LINES])
{
	auto_json json_t *object = json_object();
	auto_free char *text = NULL;

	for (size_t i = 0; i < LINES; i++) {
		json_t *line = json_object();

		if (lines[i].n != NO_COUNT)
			jsonio_set(line, "number", json_integer((json_int_t)lines[i].n));
		jsonio_set(line, "bytes", json_integer((json_int_t)lines[i].bytes));
		jsonio_set(object, lines[i].what, line);
	}
	text = jsonio_print_pretty(object);
	printf("%s\n", text);
}

static int
cmd_du_work(void *options, const struct words_left *words, struct error *err)
{
	const struct store_options *o = options;
	enum id_mapping mapping = IDS_NONE;
	auto_free char *why = NULL;
	struct line lines[LINES];
	struct usage usage = { 0 };
	struct store *store = NULL;
	int failed = command_words(&cmd_du, words, 0, 0, err);

	if (failed < 0)
		return -1;
	/* Layers have directories that only their owners may list. */
	machine_enter(ISOLATION_AUTO, &mapping, &why);
	store = store_open(o->root, err);
	failed = store == NULL ? -1 : store_usage(store, &usage, err);
	store_close(store);
	if (failed < 0)
		return -1;
	lines_of(&usage, lines);
	if (o->json)
		print_json(lines);
	else
		print_table(lines);
	return 0;
}

static int
cmd_du_run(const struct command *self, int argc, char **argv)
{
	struct store_options o = { 0 };

	return command_run(self, argc, argv, &o, cmd_du_work);
}

struct command cmd_du = {
	.name = "du",
	.arguments = "[OPTIONS]",
	.summary = "Show how much space the store takes.",
	.options = rows,
	.run = cmd_du_run,
};
