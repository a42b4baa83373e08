#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/visible.h"
#include "builder/cli/command.h"
#include "builder/cli/report.h"
#include "builder/sandbox/sandbox.h"
#include "layers/layers.h"

static const struct option_row rows[] = {
	ROW_FORMAT,
	ROW_ROOT,
	{ 0 },
};

/* What can be done depends on the store's file system, so it is tried there. */
static int
examine(struct store *store, struct doctor *out, struct error *err)
{
	auto_fd int scratch_fd = -1;
	auto_free char *scratch = store_tmp_dir(store, &scratch_fd, err);

	if (scratch == NULL)
		return -1;
	return doctor_run(scratch_fd, out, err);
}

static int
work(void *options, const struct words_left *words, struct error *err)
{
	const struct store_options *o = options;
	struct doctor doctor = { 0 };
	auto_free char *text = NULL;
	struct store *store = NULL;
	int failed = command_words(&cmd_doctor, words, 0, 0, err);

	if (failed < 0)
		return -1;
	store = store_open(o->root, err);
	failed = store == NULL ? -1 : examine(store, &doctor, err);
	store_close(store);
	if (failed < 0)
		return -1;
	text = doctor_print(&doctor, o->json);
	visible_write(stdout, text_of(text), VISIBLE_LINES);
	failed = doctor.engine == NULL ? report_status(ERR_ENVIRONMENT) : 0;
	doctor_clear(&doctor);
	return failed;
}

static int
run(const struct command *self, int argc, char **argv)
{
	struct store_options o = { 0 };

	return command_run(self, argc, argv, &o, work);
}

struct command cmd_doctor = {
	.name = "doctor",
	.arguments = "[OPTIONS]",
	.summary = "Tell what this machine allows, and what would help.",
	.options = rows,
	.run = run,
};
