#include "builder/cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "base/event.h"
#include "base/suggest.h"
#include "builder/cli/cmd.h"
#include "builder/cli/dialect.h"
#include "builder/cli/near.h"
#include "builder/cli/report.h"
#include "builder/cli/spoken.h"

const struct command *const command_list[] = {
	&cmd_build, &cmd_run,    &cmd_pull,    &cmd_push,    &cmd_images,
	&cmd_rmi,   &cmd_tag,    &cmd_inspect, &cmd_history, &cmd_explain,
	&cmd_save,  &cmd_load,   &cmd_copy,    &cmd_index,   &cmd_digest,
	&cmd_diff,  &cmd_rebase, &cmd_login,   &cmd_logout,  &cmd_prune,
	&cmd_du,    &cmd_info,   &cmd_shell,   &cmd_doctor,  &cmd_completion,
	&cmd_image, &cmd_system, &cmd_version, NULL,
};

/* Words of others, which no help lists. */
static const struct command *const unlisted[] = { &cmd_imagetools, &cmd_manifest, NULL };

const struct command *
command_find(const char *name)
{
	for (size_t i = 0; unlisted[i] != NULL; i++)
		if (strcmp(unlisted[i]->name, name) == 0)
			return unlisted[i];
	for (size_t i = 0; command_list[i] != NULL; i++)
		if (strcmp(command_list[i]->name, name) == 0)
			return command_list[i];
	return NULL;
}

static void
print_overview(FILE *out)
{
	fprintf(out,
	        "Usage: cooper COMMAND [OPTIONS] …\n\n"
	        "Builds OCI images from Dockerfiles, without a daemon.\n\nCommands:\n");
	for (size_t i = 0; command_list[i] != NULL; i++)
		fprintf(out, "  %-12s%s\n", command_list[i]->name,
		        command_list[i]->summary);
	fprintf(out,
	        "\nHelp on a command: cooper COMMAND --help\n"
	        "Command lines for docker, buildah, podman, kaniko and buildctl are\n"
	        "understood: cooper help docker …\n"
	        "Called as \"build\" it is the same as \"cooper build\".\n");
}

static int
unknown_command(const char *word)
{
	auto_error struct error err = ERROR_INIT;
	const char *instead = spoken_instead(word);

	error_set(&err, ERR_USAGE, "unknown command \"%s\"", word);
	if (instead != NULL)
		error_hint(&err, "%s", instead);
	if (strcmp(word, ".") == 0 || strchr(word, '/') != NULL)
		error_hint(&err, "did you mean: cooper build %s?", word);
	suggest_hint(&err, near_command(text_of(word)));
	error_hint(&err, "see: cooper --help");
	return report_error(&err, NULL, (struct text){ 0 });
}

static int
no_command(const char *option)
{
	auto_error struct error err = ERROR_INIT;

	error_set(&err, ERR_USAGE, "%s: no command is given", option);
	error_hint(&err, "see: cooper --help");
	return report_error(&err, NULL, (struct text){ 0 });
}

static bool
is_either(const char *word, const char *a, const char *b)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* "cooper help COMMAND", "cooper --help". */
static int
help(int argc, char **argv)
{
	const struct command *command = NULL;

	if (argc < 1) {
		print_overview(stdout);
		return 0;
	}
	if (dialect_print(argv[0], stdout))
		return 0;
	command = command_find(argv[0]);
	if (command == NULL)
		return unknown_command(argv[0]);
	options_print_help(command, stdout);
	return 0;
}

static int
run_words(int argc, char **argv)
{
	const struct command *command = NULL;

	if (argc == 0) {
		print_overview(stderr);
		return 2;
	}
	if (is_either(argv[0], "--help", "-h"))
		return help(0, NULL);
	if (strcmp(argv[0], "help") == 0)
		return help(argc - 1, argv + 1);
	if (is_either(argv[0], "--version", "-v"))
		return cmd_version.run(&cmd_version, 0, argv);
	if (argv[0][0] == '-')
		return no_command(argv[0]);
	command = command_find(argv[0]);
	if (command == NULL)
		return unknown_command(argv[0]);
	return command->run(command, argc - 1, argv + 1);
}

int
cli_main(int argc, char **argv)
{
	const char *self = "cooper", *slash = NULL;
	struct spoken words;
	int status = 0;

	event_set_debug(getenv("COOPER_DEBUG"));
	if (argc > 0) {
		slash = strrchr(argv[0], '/');
		self = slash == NULL ? argv[0] : slash + 1;
	}
	spoken_read(self, argc - (argc > 0), argv + (argc > 0), &words);
	status = words.command != NULL
	                 ? words.command->run(words.command, (int)words.list.n,
	                                      words.list.at)
	                 : run_words((int)words.list.n, words.list.at);
	spoken_clear(&words);
	return status;
}
