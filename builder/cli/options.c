#include "builder/cli/options.h"

#include <ctype.h>

#include "base/base.h"
#include "base/number.h"
#include "base/suggest.h"
#include "base/visible.h"
#include "builder/cli/near.h"

#define HELP_COLUMN 34  /* where descriptions start */
#define VALUE_MAX   200 /* bytes of a value in a message */

bool
option_takes_value(const struct option_row *o)
{
	return o->kind != OPTION_FLAG && o->kind != OPTION_CALL_FLAG &&
	       o->kind != OPTION_IGNORED && o->kind != OPTION_OTHER_FLAG;
}

const char *
option_choice(const struct option_row *o, size_t i, size_t *n)
{
	const char *p = o->argument;

	if (p == NULL || strchr(p, '|') == NULL)
		return NULL;
	p += strncmp(p, "[=", 2) == 0 ? 2 : 0;
	for (const char *c = p; *c != '\0'; c++)
		if (!islower((unsigned char)*c) && strchr("|-]", *c) == NULL)
			return NULL;
	for (; i > 0; i--) {
		p = strchr(p, '|');
		if (p == NULL)
			return NULL;
		p++;
	}
	*n = strcspn(p, "|]");
	return p;
}

struct text
option_summary(const struct option_row *o)
{
	return (struct text){ o->help, strcspn(o->help, "\n") };
}

static size_t
option_count(const struct command *c)
{
	size_t n = 0;

	while (c->options != NULL && c->options[n].name != NULL)
		n++;
	return n;
}

const struct option_row *
option_find(const struct command *c, struct text name)
{
	for (size_t i = 0; i < option_count(c); i++)
		if (text_is(name, c->options[i].name))
			return &c->options[i];
	return NULL;
}

static const struct option_row *
find_letter(const struct command *c, char letter)
{
	for (size_t i = 0; i < option_count(c); i++)
		if (c->options[i].letter == letter)
			return &c->options[i];
	return NULL;
}

static int
unknown(const struct command *c, struct text name, struct error *err)
{
	auto_free char *near = near_option(c, name);

	error_set(err, ERR_USAGE, "unknown option --%.*s", TEXT_ARG(name));
	suggest_hint(err, near);
	return error_hint(err, "see: cooper %s --help", c->name);
}

/* ------------------------------------------------------------ values */

int
option_store(const struct option_row *o, void *target, struct text value,
             struct error *err)
{
	char *at = (char *)target + o->offset;
	ARRAY(struct text) *texts = NULL;
	uint64_t number = 0;

	switch (o->kind) {
	case OPTION_FLAG:
		if (value.p == NULL)
			*(bool *)at = true;
		else if (!number_bool(value, (bool *)at))
			return error_set(err, ERR_USAGE, "not true or false");
		return 0;
	case OPTION_STRING:
		*(const char **)at = value.n == 0 ? NULL : value.p;
		return 0;
	case OPTION_TEXT:
		*(struct text *)at = value.n == 0 ? (struct text){ 0 } : value;
		return 0;
	case OPTION_TEXTS:
		texts = (void *)at;
		array_push(texts, value);
		return 0;
	case OPTION_SIZE:
		if (!number_size(value, (uint64_t *)at))
			return error_set(err, ERR_USAGE, "not a size");
		return 0;
	case OPTION_COUNT:
		if (!number_u64(value, &number) || number > 1000000)
			return error_set(err, ERR_USAGE, "not a number");
		*(size_t *)at = (size_t)number;
		return 0;
	case OPTION_CALL:
	case OPTION_CALL_FLAG:
		return o->set(target, value, err);
	case OPTION_IGNORED:
	case OPTION_IGNORED_VALUE:
	case OPTION_OTHER:
	case OPTION_OTHER_FLAG:
		return 0;
	}
	return 0;
}

static int
set_option(const struct command *c, const struct option_row *o, void *target,
           struct text value, struct error *err)
{
	auto_buf struct buf shown = BUF_INIT;
	bool is_other = o->kind == OPTION_OTHER || o->kind == OPTION_OTHER_FLAG;

	if ((is_other ? c->others->set(o, target, value, err)
	              : option_store(o, target, value, err)) == 0)
		return 0;
	if (value.p == NULL)
		return error_wrap(err, "--%s", o->name);
	visible_add_part(&shown, value.n == 0 ? TEXT("\"\"") : value, VALUE_MAX,
	                 VISIBLE_LINE);
	return error_wrap(err, "--%s %s", o->name, buf_str(&shown));
}

/* ------------------------------------------------------------ words */

struct reader {
	const struct command *command;
	int argc, next;
	char **argv;
	void *target;
};

/* "--sbom true", "--provenance mode=max": of an option of others that may stand alone the
 * next word is the value if it can be nothing else. */
static bool
is_perhaps_value(const struct option_row *o, const char *word)
{
	bool on = false;

	if (o->kind != OPTION_OTHER_FLAG || o->argument == NULL)
		return false;
	if (number_bool(text_of(word), &on))
		return true;
	return strchr(word, '=') != NULL && islower((unsigned char)word[0]) &&
	       strchr(word, '/') == NULL;
}

/* The value of O: the text after "=", or the next word. */
static int
read_value(struct reader *r, const struct option_row *o, struct text given,
           struct error *err)
{
	if (given.p == NULL && r->next < r->argc && is_perhaps_value(o, r->argv[r->next]))
		given = text_of(r->argv[r->next++]);
	if (given.p != NULL || !option_takes_value(o))
		return set_option(r->command, o, r->target, given, err);
	if (r->next >= r->argc)
		return error_set(err, ERR_USAGE, "--%s needs a value: %s", o->name,
		                 o->argument);
	return set_option(r->command, o, r->target, text_of(r->argv[r->next++]), err);
}

static int
read_long(struct reader *r, struct text word, struct error *err)
{
	struct text value = word, name = text_cut(&value, '=');
	const struct option_row *o = option_find(r->command, name);

	if (o == NULL && r->command->others != NULL)
		o = r->command->others->find(r->target, name, 0);
	if (o == NULL)
		return unknown(r->command, name, err);
	return read_value(r, o, value, err);
}

static const struct option_row *
letter_row(const struct reader *r, char letter)
{
	const struct other_options *others = r->command->others;
	const struct option_row *o = NULL;

	if (others != NULL)
		o = others->find(r->target, (struct text){ 0 }, letter);
	return o != NULL ? o : find_letter(r->command, letter);
}

/* "-t value", "-tvalue", "-t=value", "-qt value". */
static int
read_letters(struct reader *r, struct text word, struct error *err)
{
	while (word.n > 0) {
		const struct option_row *o = letter_row(r, word.p[0]);

		if (o == NULL) {
			error_set(err, ERR_USAGE, "unknown option -%c", word.p[0]);
			return error_hint(err, "see: cooper %s --help", r->command->name);
		}
		word = text_from(word, 1);
		if (option_takes_value(o)) {
			struct text value = { 0 };

			if (word.n > 0)
				value = word.p[0] == '=' ? text_from(word, 1) : word;
			return read_value(r, o, value, err);
		}
		if (read_value(r, o, (struct text){ 0 }, err) < 0)
			return -1;
	}
	return 0;
}

enum options_outcome
options_read(const struct command *command, int argc, char **argv, void *target,
             struct words_left *words, struct error *err)
{
	struct reader r = { command, argc, 0, argv, target };
	bool only_words = false;

	while (r.next < argc) {
		struct text word = text_of(argv[r.next++]);

		if (only_words || word.n < 2 || word.p[0] != '-') {
			array_push(&words->list, word.p);
			only_words = only_words || command->ends_at_word;
		} else if (text_is(word, "--")) {
			only_words = true;
		} else if (text_is(word, "--help") ||
		           (text_is(word, "-h") && find_letter(command, 'h') == NULL)) {
			return OPTIONS_HELP;
		} else if (word.p[1] == '-') {
			if (read_long(&r, text_from(word, 2), err) < 0)
				return OPTIONS_BAD;
		} else if (read_letters(&r, text_from(word, 1), err) < 0) {
			return OPTIONS_BAD;
		}
	}
	return OPTIONS_OK;
}

/* ------------------------------------------------------------ help */

/* Our own texts have no wide characters. */
static size_t
columns(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void
print_row(const struct option_row *o, FILE *out)
{
	char letter[5] = "    ";
	const char *blank = o->argument == NULL || strncmp(o->argument, "[=", 2) == 0
	                            ? ""
	                            : " ";
	auto_free char *left = NULL;
	size_t width = 0;

	if (o->letter != 0)
		snprintf(letter, sizeof letter, "-%c, ", o->letter);
	left = mem_print("  %s--%s%s%s", letter, o->name, blank,
	                 o->argument == NULL ? "" : o->argument);
	width = columns(left);
	if (width < HELP_COLUMN)
		fprintf(out, "%s%*s", left, (int)(HELP_COLUMN - width), "");
	else
		fprintf(out, "%s\n%*s", left, HELP_COLUMN, "");
	for (const char *c = o->help; *c != '\0'; c++)
		fprintf(out, "%c%*s", *c, *c == '\n' ? HELP_COLUMN : 0, "");
	fputc('\n', out);
}

void
options_print_help(const struct command *command, FILE *out)
{
	fprintf(out, "Usage: cooper %s %s\n\n%s\n", command->name, command->arguments,
	        command->summary);
	if (option_count(command) > 0)
		fprintf(out, "\nOptions:\n");
	for (size_t i = 0; i < option_count(command); i++)
		if (command->options[i].help != NULL)
			print_row(&command->options[i], out);
}
