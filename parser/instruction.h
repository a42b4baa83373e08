/*
 * instruction: the table of keywords; turns a statement into a typed
 * instruction.
 */
#ifndef PARSER_INSTRUCTION_H
#define PARSER_INSTRUCTION_H

#include "parser/dockerfile.h"

struct statement;

/* How the text after the flags is split. */
enum argument_form {
	FORM_TEXT,  /* one argument, blanks and all */
	FORM_WORDS, /* split at blanks */
	FORM_JSON_OR_TEXT,
	FORM_JSON_OR_WORDS,
	FORM_PAIRS,   /* k=v …, or the legacy "k v" */
	FORM_NAMES,   /* name or name=value, quotes group */
	FORM_HEALTH,  /* a word, then JSON or text */
	FORM_TRIGGER, /* an instruction */
};

/* Checks S and fills in the instruction's own members; common ones are filled in. */
typedef int instruction_read_fn(struct arena *arena, const struct statement *s,
                                struct instruction *out, struct error *err);

struct keyword {
	const char *name; /* upper case */
	enum instruction_kind kind;
	enum argument_form form;
	bool heredocs; /* may be followed by bodies */
	instruction_read_fn *read;
};

/* The keyword NAME, in any letter case, or NULL. */
const struct keyword *keyword_find(struct text name);

/* Errors have neither place nor "dockerfile parse error" in front. */
int instruction_read(struct arena *arena, const struct statement *s,
                     struct instruction *out, struct error *err);

instruction_read_fn parse_from, parse_run, parse_copy, parse_add;
instruction_read_fn parse_command, parse_shell, parse_health, parse_pairs, parse_arg;
instruction_read_fn parse_expose, parse_volume, parse_one_argument, parse_stopsignal;
instruction_read_fn parse_onbuild;

/* "COPY requires at least one argument". Always -1. */
int instruction_needs_argument(const struct statement *s, struct error *err);

#endif
