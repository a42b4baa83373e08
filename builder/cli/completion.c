#include "builder/cli/completion.h"

#include "base/base.h"
#include "base/count.h"
#include "builder/cli/options.h"

/* ------------------------------------------------------------ what all need */

typedef void row_fn(FILE *out, const struct command *c, const struct option_row *o);

static void
each_row(FILE *out, const struct command *c, row_fn *fn)
{
	for (const struct option_row *o = c->options; o != NULL && o->name != NULL; o++)
		if (o->help != NULL)
			fn(out, c, o);
}

static bool
has_choices(const struct option_row *o)
{
	size_t n = 0;

	return option_choice(o, 0, &n) != NULL;
}

/* "json dot" */
static void
print_choices(FILE *out, const struct option_row *o)
{
	const char *choice = NULL;
	size_t n = 0;

	for (size_t i = 0; (choice = option_choice(o, i, &n)) != NULL; i++)
		fprintf(out, "%s%.*s", i == 0 ? "" : " ", (int)n, choice);
}

static bool
is_repeatable(const struct option_row *o)
{
	return o->kind == OPTION_TEXTS || o->kind == OPTION_CALL;
}

/* S with BEFORE in front of each of the characters SPECIAL. */
static void
print_escaped(FILE *out, struct text t, const char *special, const char *before)
{
	for (size_t i = 0; i < t.n; i++) {
		if (strchr(special, t.p[i]) != NULL)
			fputs(before, out);
		fputc(t.p[i], out);
	}
}

/* ------------------------------------------------------------ bash */

static void
bash_choices(FILE *out, const struct command *c, const struct option_row *o)
{
	if (!has_choices(o))
		return;
	if (option_takes_value(o))
		fprintf(out, "    %s:--%s | ", c->name, o->name);
	else
		fprintf(out, "    ");
	fprintf(out, "%s:--%s=) words=\"", c->name, o->name);
	print_choices(out, o);
	fprintf(out, "\" ;;\n");
}

/* Options whose value is the next word; any file may be that value. */
static void
bash_value(FILE *out, const struct command *c, const struct option_row *o)
{
	if (!option_takes_value(o) || has_choices(o))
		return;
	fprintf(out, "    %s:--%s | %s:--%s=", c->name, o->name, c->name, o->name);
	if (o->letter != 0)
		fprintf(out, " | %s:-%c", c->name, o->letter);
	fprintf(out, ") return ;;\n");
}

static void
bash_name(FILE *out, const struct command *c, const struct option_row *o)
{
	(void)c;
	fprintf(out, " --%s", o->name);
}

static void
bash_commands(FILE *out)
{
	fprintf(out, "    '') words=\"");
	for (size_t i = 0; command_list[i] != NULL; i++)
		fprintf(out, "%s%s", i == 0 ? "" : " ", command_list[i]->name);
	fprintf(out, " --help --version\" ;;\n");
	for (size_t i = 0; command_list[i] != NULL; i++) {
		const struct command *c = command_list[i];

		fprintf(out, "    %s) [[ $cur != -* ]] || words=\"--help", c->name);
		each_row(out, c, bash_name);
		fprintf(out, "\" ;;\n");
	}
}

/* "=" is a word of its own for bash, so "--name=value" are three of them. Without
 * an answer the shell completes files. */
static void
print_bash(FILE *out)
{
	fprintf(out, "# Completion for bash of cooper and its alias build, made by\n"
	             "# `cooper completion bash`.\n\n"
	             "_cooper() {\n"
	             "    local cur=${COMP_WORDS[COMP_CWORD]} command='' words=''\n"
	             "    local prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	             "    COMPREPLY=()\n"
	             "    if [[ ${COMP_WORDS[0]##*/} == build ]]; then\n"
	             "        command=build\n"
	             "    elif ((COMP_CWORD > 1)); then\n"
	             "        command=${COMP_WORDS[1]}\n"
	             "    fi\n"
	             "    if [[ $cur == = ]]; then\n"
	             "        cur='' prev+='='\n"
	             "    elif [[ $prev == = ]]; then\n"
	             "        prev=${COMP_WORDS[COMP_CWORD - 2]}=\n"
	             "    fi\n"
	             "    case $command:$prev in\n");
	for (size_t i = 0; command_list[i] != NULL; i++) {
		each_row(out, command_list[i], bash_choices);
		each_row(out, command_list[i], bash_value);
		if (command_list[i]->actions != NULL)
			fprintf(out, "    %s:%s) words=\"%s\" ;;\n",
			        command_list[i]->name, command_list[i]->name,
			        command_list[i]->actions);
	}
	fprintf(out, "    esac\n"
	             "    [[ -n $words ]] || case $command in\n");
	bash_commands(out);
	fprintf(out, "    esac\n"
	             "    [[ -z $words ]] || mapfile -t COMPREPLY < "
	             "<(compgen -W \"$words\" -- \"$cur\")\n"
	             "}\n\n"
	             "complete -o default -F _cooper cooper build\n");
}

/* ------------------------------------------------------------ zsh */

#define ZSH_QUOTE "'\\''"

/* Inside '…' of the shell and "[…]" or ":…:" of _arguments. */
static void
zsh_text(FILE *out, struct text t)
{
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] == '\'')
			fputs(ZSH_QUOTE, out);
		else
			print_escaped(out, (struct text){ t.p + i, 1 }, "[]:\\", "\\");
	}
}

static void
zsh_value(FILE *out, const struct option_row *o)
{
	if (o->argument == NULL)
		return;
	fputs(option_takes_value(o) ? ":" : "::", out);
	if (has_choices(o)) {
		fprintf(out, "%s:(", o->name);
		print_choices(out, o);
		fputc(')', out);
	} else {
		zsh_text(out, text_of(o->argument));
		fputs(":_files", out);
	}
}

/* '*--tag=[name the image]:NAME:_files' */
static void
zsh_row(FILE *out, const struct command *c, const struct option_row *o)
{
	const char *joint = option_takes_value(o) ? "=" : o->argument != NULL ? "=-" : "";
	const char *more = is_repeatable(o) ? "*" : "";

	(void)c;
	if (o->letter != 0) {
		fprintf(out, " \\\n        '%s-%c%s[", more, o->letter,
		        option_takes_value(o) ? "+" : "");
		zsh_text(out, option_summary(o));
		fputc(']', out);
		zsh_value(out, o);
		fputc('\'', out);
	}
	fprintf(out, " \\\n        '%s--%s%s[", more, o->name, joint);
	zsh_text(out, option_summary(o));
	fputc(']', out);
	zsh_value(out, o);
	fputc('\'', out);
}

static void
zsh_words(FILE *out, const struct command *c)
{
	if (strcmp(c->name, "build") == 0)
		fputs("*:context:_files -/", out);
	else if (c->actions != NULL)
		fprintf(out, "1:action:(%s)", c->actions);
	else
		fputs("*: :", out);
}

static void
print_zsh(FILE *out)
{
	fprintf(out, "#compdef cooper build\n"
	             "# Completion for zsh, made by `cooper completion zsh`.\n\n"
	             "_cooper_command() {\n    case $1 in\n");
	for (size_t i = 0; command_list[i] != NULL; i++) {
		fprintf(out, "    %s)\n        _arguments -s -S '--help[print help]'",
		        command_list[i]->name);
		each_row(out, command_list[i], zsh_row);
		fprintf(out, " \\\n        '");
		zsh_words(out, command_list[i]);
		fprintf(out, "' ;;\n");
	}
	fprintf(out, "    esac\n}\n\n"
	             "_cooper() {\n"
	             "    local -a commands=(\n");
	for (size_t i = 0; command_list[i] != NULL; i++) {
		fprintf(out, "        '%s:", command_list[i]->name);
		zsh_text(out, text_of(command_list[i]->summary));
		fprintf(out, "'\n");
	}
	fprintf(out, "    )\n"
	             "    if [[ $service == build ]]; then\n"
	             "        _cooper_command build\n"
	             "    elif ((CURRENT == 2)); then\n"
	             "        _describe command commands\n"
	             "    else\n"
	             "        local command=$words[2]\n"
	             "        shift words\n"
	             "        ((CURRENT--))\n"
	             "        _cooper_command $command\n"
	             "    fi\n"
	             "}\n\n"
	             "_cooper \"$@\"\n");
}

/* ------------------------------------------------------------ fish */

static void
fish_option(FILE *out, const struct option_row *o)
{
	fprintf(out, " -l %s", o->name);
	if (o->letter != 0)
		fprintf(out, " -s %c", o->letter);
	if (has_choices(o)) {
		fprintf(out, " %s -a '", option_takes_value(o) ? "-x" : "-f");
		print_choices(out, o);
		fputc('\'', out);
	} else if (option_takes_value(o)) {
		fprintf(out, " -r -F");
	}
	fprintf(out, " -d '");
	print_escaped(out, option_summary(o), "'\\", "\\");
	fprintf(out, "'\n");
}

static void
fish_row(FILE *out, const struct command *c, const struct option_row *o)
{
	fprintf(out, "complete -c cooper -n '__fish_seen_subcommand_from %s'", c->name);
	fish_option(out, o);
}

static void
fish_alias_row(FILE *out, const struct command *c, const struct option_row *o)
{
	(void)c;
	fprintf(out, "complete -c build");
	fish_option(out, o);
}

static void
print_fish(FILE *out)
{
	fprintf(out, "# Completion for fish of cooper and its alias build, made by\n"
	             "# `cooper completion fish`.\n\n"
	             "complete -c cooper -f\n");
	for (size_t i = 0; command_list[i] != NULL; i++) {
		const struct command *c = command_list[i];

		fprintf(out, "complete -c cooper -n __fish_use_subcommand -a %s -d '",
		        c->name);
		print_escaped(out, text_of(c->summary), "'\\", "\\");
		fprintf(out, "'\n");
		each_row(out, c, fish_row);
		if (strcmp(c->name, "build") == 0)
			each_row(out, c, fish_alias_row);
		if (c->actions != NULL)
			fprintf(out,
			        "complete -c cooper -n '__fish_seen_subcommand_from %s' "
			        "-a '%s'\n",
			        c->name, c->actions);
	}
	fprintf(out, "complete -c cooper -n '__fish_seen_subcommand_from build' "
	             "-a '(__fish_complete_directories)'\n");
}

/* ------------------------------------------------------------ */

int
completion_print(const char *shell, FILE *out, struct error *err)
{
	static const struct {
		const char *name;
		void (*print)(FILE *out);
	} shells[] = {
		{ "bash", print_bash },
		{ "zsh", print_zsh },
		{ "fish", print_fish },
	};

	for (size_t i = 0; i < COUNT_OF(shells); i++) {
		if (strcmp(shell, shells[i].name) == 0) {
			shells[i].print(out);
			return 0;
		}
	}
	error_set(err, ERR_USAGE, "no completion for \"%s\"", shell);
	return error_hint(err, "the shells are bash, zsh and fish");
}
