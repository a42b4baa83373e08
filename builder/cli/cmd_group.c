#include "builder/cli/cmd.h"

#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "base/count.h"
#include "base/suggest.h"
#include "builder/cli/report.h"
#include "builder/cli/spoken.h"

/* "cooper image ls" is "cooper images": commands of two words, as docker and podman have
 * them. */
static const struct member {
	const struct command *group;
	const char *word;
	const struct command *command;
} members[] = {
	{ &cmd_image, "build", &cmd_build },
	{ &cmd_image, "history", &cmd_history },
	{ &cmd_image, "inspect", &cmd_image_inspect },
	{ &cmd_image, "list", &cmd_images },
	{ &cmd_image, "load", &cmd_load },
	{ &cmd_image, "ls", &cmd_images },
	{ &cmd_image, "prune", &cmd_prune },
	{ &cmd_image, "pull", &cmd_pull },
	{ &cmd_image, "push", &cmd_push },
	{ &cmd_image, "remove", &cmd_rmi },
	{ &cmd_image, "rm", &cmd_rmi },
	{ &cmd_image, "save", &cmd_save },
	{ &cmd_image, "tag", &cmd_tag },
	{ &cmd_image, "untag", &cmd_rmi },
	{ &cmd_system, "df", &cmd_du },
	{ &cmd_system, "info", &cmd_info },
	{ &cmd_system, "prune", &cmd_prune },
};

static void
print_help(const struct command *group, FILE *out)
{
	fprintf(out, "Usage: cooper %s %s\n\n%s\n\nCommands:\n", group->name,
	        group->arguments, group->summary);
	for (size_t i = 0; i < COUNT_OF(members); i++)
		if (members[i].group == group)
			fprintf(out, "  %-12s%s\n", members[i].word,
			        members[i].command->summary);
}

static int
refuse(const struct command *group, const char *word)
{
	auto_error struct error err = ERROR_INIT;
	const char *names[COUNT_OF(members)];
	const char *near = NULL;
	size_t n = 0;

	for (size_t i = 0; i < COUNT_OF(members); i++)
		if (members[i].group == group)
			names[n++] = members[i].word;
	if (word == NULL)
		error_set(&err, ERR_USAGE, "a word is missing");
	else
		error_set(&err, ERR_USAGE, "unknown command \"%s %s\"", group->name,
		          word);
	if (word != NULL && spoken_instead(word) != NULL)
		error_hint(&err, "%s", spoken_instead(word));
	near = word == NULL ? NULL : suggest_find(text_of(word), names, n, true);
	if (near != NULL)
		error_hint(&err, "did you mean %s %s?", group->name, near);
	else
		error_hint(&err, "see: cooper %s --help", group->name);
	return report_error(&err, NULL, (struct text){ 0 });
}

static int
cmd_group_run(const struct command *self, int argc, char **argv)
{
	if (argc < 1)
		return refuse(self, NULL);
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
		print_help(self, stdout);
		return 0;
	}
	for (size_t i = 0; i < COUNT_OF(members); i++)
		if (members[i].group == self && strcmp(members[i].word, argv[0]) == 0)
			return members[i].command->run(members[i].command, argc - 1,
			                               argv + 1);
	return refuse(self, argv[0]);
}

struct command cmd_image = {
	.name = "image",
	.arguments = "COMMAND [OPTIONS] …",
	.summary = "Commands for images, in two words: image ls, image rm.",
	.run = cmd_group_run,
};

struct command cmd_system = {
	.name = "system",
	.arguments = "COMMAND [OPTIONS] …",
	.summary = "Commands for the store, in two words: system df.",
	.run = cmd_group_run,
};
