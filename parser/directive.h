/*
 * directive: the comments at the top of a file that have a meaning.
 *
 *	# syntax=docker/dockerfile:1
 *	# escape=`
 *	# check=skip=JSONArgsRecommended
 *
 * They end at the first other line. `escape` takes effect while the file is read.
 * `syntax` and `check` are searched in the raw text before that; there they may
 * also be written after "//" or as a JSON object, so that files in other languages
 * can name their frontend.
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

/* Reads LINE (no leading blanks, no line end); lines must come in order. Returns 1 if
 * it is a directive, 0 if not, -1 if it is an invalid one. */
int directive_feed(struct directives *d, struct text line, struct error *err);

/* The value of directive NAME in the raw text BYTES: 1 with *VALUE (a view of
 * BYTES, or in ARENA) and *AT, 0 if there is none. */
int directive_find(struct arena *arena, struct text bytes, const char *name,
                   struct text *value, struct place *at);

#endif
