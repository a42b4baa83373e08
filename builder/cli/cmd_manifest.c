#include <string.h>

#include "base/base.h"
#include "builder/cli/cmd.h"
#include "builder/cli/report.h"
#include "builder/depots/depots.h"

/* Lists of docker, podman and buildah are kept on this machine until they are pushed: here
 * in the store. Their command lines become those of index, copy and rmi. */
static const struct rule {
	const char *word;
	const struct command *command;
	const char *action; /* of the command, or NULL */
	bool has_list;      /* the first word is a list of the store */
} rules[] = {
	{ "create", &cmd_index, "create", true },
	{ "add", &cmd_index, "append", true },
	{ "annotate", &cmd_index, "annotate", true },
	{ "remove", &cmd_index, "rm", true },
	{ "inspect", &cmd_index, "inspect", false },
	{ "push", &cmd_copy, NULL, true },
	{ "rm", &cmd_rmi, NULL, false },
};

struct line {
	ARRAY(char *) words; /* owned */
	char *platform[3];   /* of --os, --arch, --variant */
	size_t n_plain;      /* words that are no options */
};

static void
line_clear(struct line *l)
{
	for (size_t i = 0; i < l->words.n; i++)
		free(l->words.at[i]);
	array_clear(&l->words);
	for (size_t i = 0; i < COUNT_OF(l->platform); i++)
		free(l->platform[i]);
}

/* "--os linux", "--os=linux". */
static bool
take_platform(struct line *l, int argc, char **argv, int *i)
{
	static const char *const options[] = { "--os", "--arch", "--variant" };
	size_t given = strcspn(argv[*i], "=");

	for (size_t j = 0; j < COUNT_OF(options); j++) {
		bool joined = argv[*i][given] == '=';

		if (given != strlen(options[j]) ||
		    strncmp(argv[*i], options[j], given) != 0 ||
		    (!joined && *i + 1 >= argc))
			continue;
		free(l->platform[j]);
		l->platform[j] = mem_copy(joined ? argv[*i] + given + 1 : argv[*i + 1]);
		*i += !joined;
		return true;
	}
	return false;
}

/* Options that say what is so here anyway. */
static bool
is_idle(const char *word)
{
	static const char *const idle[] = { "--all", "--amend",   "-a", "--purge", "-p",
		                            "--rm",  "--verbose", "-v", "--ignore" };

	for (size_t i = 0; i < COUNT_OF(idle); i++)
		if (strcmp(word, idle[i]) == 0)
			return true;
	return false;
}

static void
add_plain(struct line *l, const struct rule *rule, const char *word)
{
	bool elsewhere = transport_is(text_of(word)) || strncmp(word, "store:", 6) == 0;
	bool is_list = rule->has_list && l->n_plain == 0 && !elsewhere;

	array_push(&l->words, is_list ? mem_print("store:%s", word) : mem_copy(word));
	l->n_plain++;
}

static void
read_words(struct line *l, const struct rule *rule, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (take_platform(l, argc, argv, &i) || is_idle(argv[i]))
			continue;
		if (argv[i][0] == '-')
			array_push(&l->words, mem_copy(argv[i]));
		else
			add_plain(l, rule, argv[i]);
	}
}

/* What the words alone do not say. */
static void
complete(struct line *l, const struct rule *rule, const char *list)
{
	const char *os = l->platform[0], *arch = l->platform[1],
	           *variant = l->platform[2];

	if (os != NULL || arch != NULL || variant != NULL)
		array_push(&l->words,
		           mem_print("--set-platform=%s/%s%s%s",
		                     os == NULL ? "linux" : os, arch == NULL ? "" : arch,
		                     variant == NULL ? "" : "/",
		                     variant == NULL ? "" : variant));
	if (strcmp(rule->word, "inspect") == 0)
		array_push(&l->words, mem_copy("--raw"));
	if (strcmp(rule->word, "create") == 0)
		array_push(&l->words, mem_copy("--empty"));
	/* Docker pushes a list under its own name. */
	if (strcmp(rule->word, "push") == 0 && l->n_plain == 1 && list != NULL)
		array_push(&l->words, mem_copy(list));
}

static const char *
first_plain(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (argv[i][0] != '-')
			return argv[i];
	return NULL;
}

static int
run_rule(const struct rule *rule, int argc, char **argv)
{
	struct line l = { 0 };
	int status = 0;

	if (rule->action != NULL)
		array_push(&l.words, mem_copy(rule->action));
	read_words(&l, rule, argc, argv);
	complete(&l, rule, first_plain(argc, argv));
	status = rule->command->run(rule->command, (int)l.words.n, l.words.at);
	line_clear(&l);
	return status;
}

static int
cmd_manifest_run(const struct command *self, int argc, char **argv)
{
	auto_error struct error err = ERROR_INIT;

	(void)self;
	for (size_t i = 0; argc > 0 && i < COUNT_OF(rules); i++)
		if (strcmp(rules[i].word, argv[0]) == 0)
			return run_rule(&rules[i], argc - 1, argv + 1);
	if (argc > 0)
		error_set(&err, ERR_USAGE, "unknown command \"manifest %s\"", argv[0]);
	else
		error_set(&err, ERR_USAGE, "a word is missing");
	error_hint(&err, "see: cooper index --help");
	return report_error(&err, NULL, (struct text){ 0 });
}

struct command cmd_manifest = {
	.name = "manifest",
	.arguments = "create|add|annotate|push|inspect|remove|rm [OPTIONS] LIST [IMAGE…]",
	.summary = "`cooper index`, as docker, podman and buildah have it.",
	.run = cmd_manifest_run,
};
