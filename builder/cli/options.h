/*
 * options: command line options as data. One table row describes an option
 * completely; the parser, --help, the completions and the manual page use it.
 *
 *	{ "tag", 't', "NAME", OPTION_TEXTS, offsetof(…, tags), NULL, "name the image" }
 *
 * Values are "--name=value", "--name value", "-t value" or "-tvalue"; flags
 * take "--name=true|false" too. "--" ends options. Options and other words may
 * be mixed, unless the command says otherwise. Unknown options are errors with a suggestion, never ignored.
 */
#ifndef BUILDER_CLI_OPTIONS_H
#define BUILDER_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"

typedef int option_fn(void *target, struct text value, struct error *err);

enum option_kind {
	OPTION_FLAG,      /* bool at offset */
	OPTION_STRING,    /* const char * at offset; "" counts as not given */
	OPTION_TEXT,      /* struct text at offset; likewise */
	OPTION_TEXTS,     /* ARRAY(struct text) at offset; repeatable */
	OPTION_SIZE,      /* uint64_t at offset, with suffix k m g */
	OPTION_COUNT,     /* size_t at offset */
	OPTION_CALL,      /* set(target, value) */
	OPTION_CALL_FLAG, /* set(target, "") ; "--name=value" is allowed */
	OPTION_IGNORED,   /* accepted for compatibility, does nothing */
	OPTION_IGNORED_VALUE,
	OPTION_OTHER, /* of other_options, with a value */
	OPTION_OTHER_FLAG,
};

struct option_row {
	const char *name; /* without dashes */
	char letter;      /* 0: none */
	/* The value in the help; NULL: none. Lower-case words with "|" between them
	 * ("json|dot") are the only values, and are completed. "[=…]": optional. */
	const char *argument;
	enum option_kind kind;
	size_t offset;
	option_fn *set;
	/* NULL: not listed. Only --help and the manual show lines after the first. */
	const char *help;
};

/* Options that --help does not list: those of other programs. */
struct other_options {
	/* The row for NAME or, if that has no p, for LETTER; NULL: there is none. A letter
	 * is looked up here first, a name last. */
	const struct option_row *(*find)(const void *target, struct text name,
	                                 char letter);
	const char *(*name)(size_t i); /* the I-th name, NULL at the end */
	int (*set)(const struct option_row *o, void *target, struct text value,
	           struct error *err);
};

struct command {
	const char *name;
	const char *arguments;            /* "[OPTIONS] PATH | URL | -" */
	const char *summary;              /* one line */
	const struct option_row *options; /* ended by a row without a name; may be NULL */
	bool ends_at_word; /* what follows the first word is no option of the command */
	/* Runs with the words after the command's name; the exit status. */
	int (*run)(const struct command *self, int argc, char **argv);
	const struct other_options *others; /* may be NULL */
	/* What completions offer as the first word, with blanks between; NULL: files. */
	const char *actions;
};

/* Words that are not options. */
struct words_left {
	ARRAY(const char *) list;
};

enum options_outcome { OPTIONS_OK, OPTIONS_HELP, OPTIONS_BAD };

/* Reads ARGV (without the command's name) into TARGET. Returns OPTIONS_HELP if
 * --help is in it. Texts in TARGET point into ARGV. */
enum options_outcome
options_read(const struct command *command, int argc, char **argv, void *target,
             struct words_left *words, struct error *err);

/* The row of C for the option NAME (without dashes), or NULL. */
const struct option_row *option_find(const struct command *c, struct text name);

/* Gives O the VALUE (p NULL: none) in TARGET. O is no row of other_options. */
int option_store(const struct option_row *o, void *target, struct text value,
                 struct error *err);

/* The help page of COMMAND. */
void options_print_help(const struct command *command, FILE *out);
bool option_takes_value(const struct option_row *o); /* the next word is its value */

/* The I-th of the only values of O, with its length in *N. NULL if there is none, or O
 * has no such list. */
const char *option_choice(const struct option_row *o, size_t i, size_t *n);

/* The first line of O's help text. */
struct text option_summary(const struct option_row *o);

/* All commands, ended by one without a name. */
extern const struct command *const command_list[];
const struct command *command_find(const char *name);

#endif
