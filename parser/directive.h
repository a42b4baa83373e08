/*
 * directive: the comments at the top of a file that mean something.
 *
 *	# syntax=docker/dockerfile:1
 *	# escape=`
 *	# check=skip=JSONArgsRecommended
 *
 * They count only up to the first line that is anything else. `escape` acts
 * while the file is being read; `syntax` and `check` are looked for beforehand
 * on the raw text, where they may also be written after "//" or as a JSON
 * object, so that files in other languages can name their reader.
 */
#ifndef PARSER_DIRECTIVE_H
#define PARSER_DIRECTIVE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

struct directives {
	char escape;   /* '\\' or '`' */
	bool done;     /* no further directive can come */
	unsigned seen; /* one bit per known name */
};

#define DIRECTIVES_INIT                                                                  \
	{                                                                                \
		.escape = '\\'                                                           \
	}

/* Looks at LINE (no blanks in front, no line end) in order of the file.
 * 1 it is a directive, 0 it is not, -1 it is a wrong one. */
int directive_feed(struct directives *d, struct text line, struct error *err);

/* The value of directive NAME in the raw text BYTES: 1 with *VALUE (a view of
 * BYTES, or in ARENA) and *AT, 0 if there is none. */
int directive_find(struct arena *arena, struct text bytes, const char *name,
                   struct text *value, struct place *at);

#endif
