#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "builder/cli/command.h"
#include "builder/cli/completion.h"
#include "builder/cli/dialect.h"
#include "builder/cli/manual.h"
#include "builder/cli/reference_page.h"

/* `make manual` and `make install` ask for what is made out of the same tables. */
static bool
print_page(const struct words_left *words)
{
	const char *what = words->list.at[0];
	const char *name = words->list.n > 1 ? words->list.at[1] : NULL;
	const struct command *c = name == NULL ? NULL : command_find(name);

	if (name == NULL && strcmp(what, "man") == 0)
		manual_print(stdout);
	else if (name == NULL && strcmp(what, "reference") == 0)
		reference_page_print(stdout);
	else if (name != NULL && strcmp(what, "moving") == 0)
		return dialect_print_page(name, stdout);
	else if (name == NULL && strcmp(what, "commands") == 0)
		for (size_t i = 0; command_list[i] != NULL; i++)
			printf("%s\n", command_list[i]->name);
	else if (c != NULL && strcmp(what, "man") == 0)
		manual_print_command(c, stdout);
	else
		return false;
	return true;
}

static int
cmd_completion_work(void *options, const struct words_left *words, struct error *err)
{
	(void)options;
	if (words->list.n > 0 && words->list.n < 3 && print_page(words))
		return 0;
	if (command_words(&cmd_completion, words, 1, 1, err) < 0)
		return -1;
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
	.actions = "bash zsh fish",
};
