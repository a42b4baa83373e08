#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "base/platform.h"
#include "builder/cli/command.h"
#include "builder/cli/formatted.h"
#include "builder/cli/version.h"
#include "layers/compress.h"

struct version_options {
	struct formatted format;
};

static int
set_format(void *target, struct text value, struct error *err)
{
	return formatted_parse(&((struct version_options *)target)->format, value, err);
}

static const struct option_row rows[] = {
	{ "format", 'f', "text|json|TEMPLATE", OPTION_CALL, 0, set_format,
	  "text, json, or a template of Go\n'{{.Client.Version}}'" },
	{ 0 },
};

/* Scripts ask docker for those of its two halves. */
static json_t *
make_version(void)
{
	auto_platform struct platform host = PLATFORM_INIT;
	json_t *version = json_object(), *half = json_object();

	platform_host(&host);
	jsonio_set(half, "Version", json_string(COOPER_VERSION));
	jsonio_set(half, "Os", jsonio_string(text_of(host.os)));
	jsonio_set(half, "Arch", jsonio_string(text_of(host.arch)));
	jsonio_set(version, "Version", json_string(COOPER_VERSION));
	jsonio_set(version, "OutputProfile", json_integer(OUTPUT_PROFILE));
	jsonio_set(version, "Client", json_incref(half));
	jsonio_set(version, "Server", half);
	return version;
}

static int
print_format(struct formatted *f, struct error *err)
{
	auto_json json_t *version = make_version();

	if (formatted_row(f, version, NULL, err) < 0)
		return -1;
	formatted_end(f);
	return 0;
}

static int
cmd_version_work(void *options, const struct words_left *words, struct error *err)
{
	struct version_options *o = options;

	if (command_words(&cmd_version, words, 0, 0, err) < 0)
		return -1;
	if (o->format.kind == FORMATTED_TEMPLATE)
		return print_format(&o->format, err);
	if (o->format.kind == FORMATTED_JSON)
		printf("{\"version\":\"%s\",\"outputProfile\":%d}\n", COOPER_VERSION,
		       OUTPUT_PROFILE);
	else
		printf("cooper %s (output profile %d)\n", COOPER_VERSION, OUTPUT_PROFILE);
	return 0;
}

static int
cmd_version_run(const struct command *self, int argc, char **argv)
{
	struct version_options o = { 0 };
	int status = command_run(self, argc, argv, &o, cmd_version_work);

	formatted_clear(&o.format);
	return status;
}

struct command cmd_version = {
	.name = "version",
	.arguments = "[OPTIONS]",
	.summary = "Print the version.",
	.options = rows,
	.run = cmd_version_run,
};
