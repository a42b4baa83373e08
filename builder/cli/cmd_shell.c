#include "builder/cli/cmd.h"

#include <stdio.h>
#include <unistd.h>

#include "base/base.h"
#include "builder/cli/command.h"
#include "builder/cli/report.h"
#include "builder/cli/terminal.h"
#include "builder/machine/machine.h"
#include "builder/steps/steps.h"
#include "layers/store.h"

static const struct option_row rows[] = {
	ROW_ROOT,
	{ 0 },
};

static struct sandbox *
make_sandbox(struct store *store, enum id_mapping mapping, int *scratch_fd,
             struct error *err)
{
	auto_free char *scratch = store_tmp_dir(store, scratch_fd, err), *why = NULL;
	struct sandbox_options options = { .mapping = mapping };

	if (scratch == NULL)
		return NULL;
	options.scratch_fd = *scratch_fd;
	return sandbox_new(&options, &why, err);
}

static int
open_shell(struct store *store, const char *id, enum id_mapping mapping,
           struct error *err)
{
	auto_fd int scratch_fd = -1;
	struct sandbox *sandbox = make_sandbox(store, mapping, &scratch_fd, err);
	struct terminal *terminal = sandbox == NULL ? NULL : terminal_join(true, err);
	int failed = -1;

	if (terminal != NULL) {
		failed = kept_run_shell(store, id, sandbox, terminal_fd(terminal), err);
		terminal_leave(terminal);
	}
	sandbox_free(sandbox);
	return failed;
}

static int
cmd_shell_work(void *options, const struct words_left *words, struct error *err)
{
	const struct store_options *o = options;
	enum id_mapping mapping = IDS_NONE;
	auto_free char *why = NULL;
	struct store *store = NULL;
	int failed = command_words(&cmd_shell, words, 0, 1, err), lease_fd = -1;

	if (failed < 0)
		return -1;
	if (!isatty(STDIN_FILENO))
		return error_set(err, ERR_USAGE, "standard input is not a terminal");
	machine_enter(ISOLATION_AUTO, &mapping, &why);
	store = store_open(o->root, err);
	if (store == NULL)
		return -1;
	lease_fd = store_lease(store, err);
	failed = lease_fd < 0 ? -1
	                      : open_shell(store,
	                                   words->list.n == 0 ? NULL : words->list.at[0],
	                                   mapping, err);
	store_lease_end(store, &lease_fd);
	store_close(store);
	return failed;
}

static int
cmd_shell_run(const struct command *self, int argc, char **argv)
{
	struct store_options o = { 0 };

	return command_run(self, argc, argv, &o, cmd_shell_work);
}

struct command cmd_shell = {
	.name = "shell",
	.arguments = "[OPTIONS] [STEP]",
	.summary = "Open a shell in a failed step that was kept.",
	.options = rows,
	.run = cmd_shell_run,
};
