#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/event.h"
#include "base/visible.h"
#include "builder/cli/command.h"
#include "builder/cli/report.h"
#include "builder/machine/machine.h"
#include "layers/store.h"

struct doctor_options {
	struct store_options store;
	enum isolation isolation;
};

static int
set_isolation(void *target, struct text value, struct error *err)
{
	if (!isolation_parse(value, &((struct doctor_options *)target)->isolation))
		return error_set(err, ERR_USAGE, "must be auto, ns, chroot or trap");
	return 0;
}

static const struct option_row rows[] = {
	ROW_FORMAT,
	{ "isolation", 0, "auto|ns|chroot|trap", OPTION_CALL, 0, set_isolation,
	  "the engine to check" },
	ROW_ROOT,
	{ 0 },
};

/* The results depend on the store's file system, so the checks run there. */
static int
examine(struct store *store, enum isolation wanted, struct doctor *out, struct error *err)
{
	auto_fd int scratch_fd = -1;
	auto_free char *scratch = store_tmp_dir(store, &scratch_fd, err);

	if (scratch == NULL)
		return -1;
	return doctor_run(scratch_fd, wanted, out, err);
}

static int
cmd_doctor_work(void *options, const struct words_left *words, struct error *err)
{
	const struct doctor_options *o = options;
	struct doctor doctor = { 0 };
	auto_free char *text = NULL;
	struct store *store = NULL;
	int failed = command_words(&cmd_doctor, words, 0, 0, err);

	if (failed < 0)
		return -1;
	store = store_open(o->store.root, err);
	/* The output itself says what is checked. */
	event_set_sink(NULL, NULL);
	failed = store == NULL ? -1 : examine(store, o->isolation, &doctor, err);
	store_close(store);
	if (failed < 0)
		return -1;
	text = doctor_print(&doctor, o->store.json);
	visible_write(stdout, text_of(text), VISIBLE_LINES);
	failed = doctor.engine == NULL ? report_status(ERR_ENVIRONMENT) : 0;
	doctor_clear(&doctor);
	return failed;
}

static int
cmd_doctor_run(const struct command *self, int argc, char **argv)
{
	struct doctor_options o = { 0 };

	return command_run(self, argc, argv, &o, cmd_doctor_work);
}

struct command cmd_doctor = {
	.name = "doctor",
	.arguments = "[OPTIONS]",
	.summary = "Show what this machine allows, and what would help.",
	.options = rows,
	.run = cmd_doctor_run,
};
