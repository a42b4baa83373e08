#include "builder/cli/reference_page.h"

#include "base/base.h"
#include "base/count.h"
#include "builder/cli/options.h"
#include "builder/cli/reference_keys.h"
#include "builder/order/order.h"

#define NO_GROUP SIZE_MAX

static const char head[] =
        "<!-- Made by `make manual` out of the tables of options. -->\n"
        "# Command line\n\n"
        "`cooper COMMAND --help` prints a part of this page.\n\n"
        "- Write the value of an option as `--name=value` or `--name value`, that of a "
        "letter as `-x value` or `-xvalue`.\n"
        "- A flag takes `=true` and `=false`, too.\n"
        "- Options and other words may be mixed; `--` ends the options.\n"
        "- A size has one of the suffixes `k`, `m`, `g` (powers of 1024) or none "
        "(bytes).\n"
        "- An unknown option is an error.\n"
        "- Results go to standard output, progress and messages to standard error.\n"
        "- The program `build` is `cooper build`.\n\n"
        "See also: [exit statuses](../exit-codes.md), "
        "[files and environment](files-and-environment.md), "
        "[options of other builders](../moving.md), "
        "[JSON output](json.md).\n\n"
        "## Commands\n\n| command | what it does |\n|---|---|\n";

static const struct {
	const char *command, *line, *what;
} examples[] = {
	{ "build", "cooper build -t app:1 .",
	  "Build the current directory and name the image" },
	{ "build", "cooper build -t registry.example/app:1 --push .",
	  "Build and push to the registry of the name" },
	{ "build", "cooper build -o type=docker,dest=app.tar -t app:1 .",
	  "Write an archive for `docker load`" },
	{ "build", "cooper build --check .", "Look for mistakes and build nothing" },
	{ "completion", "cooper completion bash >/etc/bash_completion.d/cooper",
	  "Install the completions of bash" },
	{ "doctor", "cooper doctor", "See whether RUN steps can run here" },
	{ "du", "cooper du", "See what takes the space" },
	{ "history", "cooper history", "See earlier builds" },
	{ "history", "cooper history app:1", "See what made which layer" },
	{ "images", "cooper images --format '{{.Repository}}:{{.Tag}} {{.Size}}'",
	  "List images in a form for scripts" },
	{ "inspect", "cooper inspect app:1", "See the config of an image" },
	{ "inspect", "cooper inspect --format '{{json .Config.Env}}' app:1",
	  "See a part of it" },
	{ "load", "cooper load -i app.tar", "Read what docker save wrote" },
	{ "login", "cooper login -u me --password-stdin registry.example <token",
	  "Keep the credentials of a registry" },
	{ "prune", "cooper prune --older-than 7d", "Free what was not used for a week" },
	{ "pull", "cooper pull debian:12", "Fetch an image into the store" },
	{ "push", "cooper push app:1 registry.example/app:1",
	  "Push an image of the store under another name" },
	{ "push", "cooper push app:1 oci:layout:1",
	  "Write an image that podman run oci:layout:1 takes" },
	{ "push", "cooper push app:1 docker-daemon:app:1", "Give an image to Docker" },
	{ "run", "cooper run --rm -it app:1", "Try an image out on this terminal" },
	{ "run", "cooper run -v ./data:/data:ro app:1 ls /data",
	  "Run another command in it, on files of this machine" },
	{ "run", "cooper run --check-health app:1", "Wait for the image's HEALTHCHECK" },
	{ "save", "cooper save -o app.tar app:1", "Write what docker load reads" },
	{ "shell", "cooper shell", "Open a shell in the step that failed last" },
	{ "tag", "cooper tag app:1 app:stable", "Give an image a second name" },
};

/* A bar or a line feed would end the cell. */
static void
print_cell(FILE *out, struct text t)
{
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] == '|')
			fputc('\\', out);
		if (t.p[i] == '\n')
			fputs(t.p[i - 1] == ',' ? " " : "; ", out);
		else
			fputc(t.p[i], out);
	}
}

static void
print_code(FILE *out, const char *name, const char *value)
{
	fputc('`', out);
	print_cell(out, text_of(name));
	print_cell(out, text_of(value));
	fputc('`', out);
}

/* ------------------------------------------------------------ commands */

static bool
has_keys(const char *option)
{
	for (size_t i = 0; i < N_KEY_TABLES; i++)
		if (strcmp(key_tables[i].option, option) == 0)
			return true;
	return strcmp(option, "output") == 0;
}

static void
print_option(FILE *out, const struct option_row *o, bool links)
{
	const char *argument = o->argument == NULL ? "" : o->argument;
	auto_free char *name = mem_print(
	        "--%s%s", o->name,
	        *argument == '\0' || text_starts(text_of(argument), "[=") ? "" : " ");

	fputs("| ", out);
	if (o->letter != 0)
		fprintf(out, "`-%c`, ", o->letter);
	print_code(out, name, argument);
	fputs(" | ", out);
	print_cell(out, has_keys(o->name) ? option_summary(o) : text_of(o->help));
	if (links && has_keys(o->name))
		fprintf(out, ": [keys](#%s-of---%s)",
		        strcmp(o->name, "ssh") == 0 ||
		                        strcmp(o->name, "build-context") == 0
		                ? "values"
		                : "keys",
		        o->name);
	fputs(" |\n", out);
}

static void
print_examples(FILE *out, const char *command)
{
	for (size_t i = 0; i < COUNT_OF(examples); i++)
		if (strcmp(examples[i].command, command) == 0)
			fprintf(out, "\n%s:\n\n```sh\n%s\n```\n", examples[i].what,
			        examples[i].line);
}

/* The group of O, or N_BUILD_GROUPS. */
static size_t
group_of(const struct option_row *o)
{
	auto_free char *word = mem_print(" %s ", o->name);
	size_t i = 0;

	while (i < N_BUILD_GROUPS && strstr(build_groups[i].options, word) == NULL)
		i++;
	return i;
}

/* A table of the options of C; of GROUP only, unless that is NO_GROUP. */
static void
print_options(FILE *out, const struct command *c, size_t group)
{
	bool any = false;

	for (const struct option_row *o = c->options; o != NULL && o->name != NULL; o++) {
		if (o->help == NULL || (group != NO_GROUP && group_of(o) != group))
			continue;
		if (!any && group != NO_GROUP)
			fprintf(out, "\n### %s\n",
			        group == N_BUILD_GROUPS ? "Others"
			                                : build_groups[group].title);
		if (!any)
			fputs("\n| option | |\n|---|---|\n", out);
		any = true;
		print_option(out, o, group != NO_GROUP);
	}
}

static void
print_command(FILE *out, const struct command *c)
{
	fprintf(out, "\n## cooper %s\n\n", c->name);
	fprintf(out, "`cooper %s %s`\n\n%s\n", c->name, c->arguments, c->summary);
	print_examples(out, c->name);
	if (strcmp(c->name, "build") != 0) {
		print_options(out, c, NO_GROUP);
		return;
	}
	for (size_t i = 0; i <= N_BUILD_GROUPS; i++)
		print_options(out, c, i);
}

/* ------------------------------------------------------------ keys */

static const struct {
	const char *name, *value, *help;
	unsigned key;
} output_keys[] = {
#define KEY_LINE(name, set, value, help) { name, value, help, 0 },
	OUTPUT_KEYS(KEY_LINE)
};

static void
print_outputs(FILE *out)
{
	fputs("\n## Keys of --output\n\n"
	      "`-o DIR` is `type=local,dest=DIR`; `-o -` is `type=tar,dest=-`. The "
	      "option "
	      "may come several times; each output is written. A key that the type does "
	      "not "
	      "have is refused.\n\n| type | |\n|---|---|\n",
	      out);
#define TYPE_LINE(id, name, write, opens, packing, keys, help)                           \
	fprintf(out, "| `type=%s` | %s |\n", name, help);
	OUTPUT_TYPES(TYPE_LINE)
	fputs("\n| key | value | |\n|---|---|---|\n", out);
	for (size_t i = 0; i < COUNT_OF(output_keys); i++) {
		fprintf(out, "| `%s` | ", output_keys[i].name);
		print_code(out, output_keys[i].value, "");
		fprintf(out, " | %s |\n", output_keys[i].help);
	}
	fputs("| `annotation.KEY` | `VALUE` | as `--annotation` |\n", out);
}

static void
print_cache_types(FILE *out)
{
	fputs("\n## Types of caches\n\n| type | |\n|---|---|\n", out);
#define CACHE_LINE(id, name, help) fprintf(out, "| `type=%s` | %s |\n", #name, help);
	CACHE_PLACES(CACHE_LINE)
}

static void
print_keys(FILE *out, const struct key_table *t)
{
	bool values = text_starts(text_of(t->title), "Values");

	fprintf(out, "\n## %s\n\n%s\n\n", t->title, t->note);
	fputs(values ? "| value | |\n|---|---|\n" : "| key | value | |\n|---|---|---|\n",
	      out);
	for (size_t i = 0; i < t->n; i++) {
		const struct key_row *row = &t->rows[i];

		fputs("| ", out);
		if (values) {
			auto_free char *name = mem_print(
			        strcmp(t->option, "ssh") == 0 ? "%s[=" : "%s=", row->key);
			auto_free char *value = mem_print(
			        strcmp(t->option, "ssh") == 0 ? "%s]" : "%s", row->value);

			print_code(out, name, value);
		} else {
			fprintf(out, "`%s` | ", row->key);
			print_code(out, row->value, "");
		}
		fprintf(out, " | %s |\n", row->help);
	}
}

static void
print_mounts(FILE *out)
{
	fputs("\n## Keys of RUN --mount\n\n"
	      "`RUN --mount=type=TYPE,KEY=VALUE,…` in a Dockerfile; the types are:",
	      out);
	for (size_t i = 0; i < N_MOUNT_TYPES; i++)
		fprintf(out, "%s `%s`", i == 0 ? "" : ",", mount_rows[i].name);
	fputs(". The default is `bind`. [The language](dockerfile.md#run---mount) has "
	      "examples.\n\n| key | value | types | |\n|---|---|---|---|\n",
	      out);
	for (size_t i = 0; i < N_MOUNT_KEYS; i++) {
		const struct mount_key_row *row = &mount_keys[i];
		const char *comma = "";

		fprintf(out, "| `%s` | ", row->key);
		if (*row->value != '\0')
			print_code(out, row->value, "");
		fputs(" | ", out);
		for (size_t k = 0; k < N_MOUNT_TYPES; k++)
			if (row->types & (1u << k)) {
				fprintf(out, "%s%s", comma, mount_rows[k].name);
				comma = ", ";
			}
		fprintf(out, " | %s |\n", row->help);
	}
}

void
reference_page_print(FILE *out)
{
	fputs(head, out);
	for (size_t i = 0; command_list[i] != NULL; i++)
		fprintf(out, "| [%s](#cooper-%s) | %s |\n", command_list[i]->name,
		        command_list[i]->name, command_list[i]->summary);
	for (size_t i = 0; command_list[i] != NULL; i++)
		print_command(out, command_list[i]);
	print_outputs(out);
	print_cache_types(out);
	for (size_t i = 0; i < N_KEY_TABLES; i++)
		print_keys(out, &key_tables[i]);
	print_mounts(out);
}
