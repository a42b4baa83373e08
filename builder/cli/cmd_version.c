#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "builder/cli/command.h"
#include "builder/cli/version.h"

static const struct option_row rows[] = {
	ROW_FORMAT,
	{ 0 },
};

static int
cmd_version_work(void *options, const struct words_left *words, struct error *err)
{
	const struct store_options *o = options;

	if (command_words(&cmd_version, words, 0, 0, err) < 0)
		return -1;
	if (o->json)
		printf("{\"version\":\"%s\",\"outputProfile\":%d}\n", COOPER_VERSION,
		       OUTPUT_PROFILE);
	else
		printf("cooper %s (output profile %d)\n", COOPER_VERSION, OUTPUT_PROFILE);
	return 0;
}

static int
cmd_version_run(const struct command *self, int argc, char **argv)
{
	struct store_options o = { 0 };

	return command_run(self, argc, argv, &o, cmd_version_work);
}

struct command cmd_version = {
	.name = "version",
	.arguments = "[OPTIONS]",
	.summary = "Print the version.",
	.options = rows,
	.run = cmd_version_run,
};
