#include "builder/cli/cmd.h"

#include <stdio.h>

#include "builder/cli/version.h"

static int
run(const struct command *self, int argc, char **argv)
{
	(void)self;
	(void)argc;
	(void)argv;
	printf("cooper %s (output profile %d)\n", COOPER_VERSION, OUTPUT_PROFILE);
	return 0;
}

struct command cmd_version = {
	.name = "version",
	.arguments = "",
	.summary = "Print the version.",
	.run = run,
};
