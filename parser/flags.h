/*
 * flags: "--name=value" between an instruction's name and its arguments.
 *
 * They are cut off first, without knowing which ones an instruction accepts. Its
 * reader then compares them with its table.
 */
#ifndef PARSER_FLAGS_H
#define PARSER_FLAGS_H

#include <stddef.h>

#include "parser/expand.h"

/* Cuts the flags off the front of REST, adds them to OUT with quotes and
 * escapes resolved (in ARENA where that changes them), and returns what is
 * left. "--" alone ends the flags and disappears. */
struct text
flags_cut(struct arena *arena, struct text rest, char escape, struct words *out);

enum flag_type {
	FLAG_BOOL, /* int: 0 or 1 */
	FLAG_TEXT, /* struct text */
	FLAG_LIST, /* struct words; may be given repeatedly */
};

struct flag {
	const char *name; /* without dashes */
	enum flag_type type;
	void *value;
};

/* Reads the N_GIVEN flags against a table of at most 32. */
int flags_read(const struct text *given, size_t n_given, const struct flag *table,
               size_t n_table, struct error *err);

#endif
