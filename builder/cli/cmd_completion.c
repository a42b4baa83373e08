#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "builder/cli/command.h"
#include "builder/cli/completion.h"
#include "builder/cli/manual.h"

static int
cmd_completion_work(void *options, const struct words_left *words, struct error *err)
{
	(void)options;
	if (command_words(&cmd_completion, words, 1, 1, err) < 0)
		return -1;
	/* The same tables make the manual page; `make cooper.1` asks for it. */
	if (strcmp(words->list.at[0], "man") == 0) {
		manual_print(stdout);
		return 0;
	}
	return completion_print(words->list.at[0], stdout, err);
}

static int
cmd_completion_run(const struct command *self, int argc, char **argv)
{
	return command_run(self, argc, argv, NULL, cmd_completion_work);
}

struct command cmd_completion = {
	.name = "completion",
	.arguments = "bash|zsh|fish",
	.summary = "Print a completion script for a shell.",
	.run = cmd_completion_run,
};
