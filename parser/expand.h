/*
 * expand: expands variables in a word, ${NAME:-default} and the like, quotes and escapes.
 */
#ifndef PARSER_EXPAND_H
#define PARSER_EXPAND_H

#include <stdbool.h>

#include "base/array.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

/* Looks NAME up: 1 and *VALUE, or 0 if unset. */
typedef int expand_lookup_fn(void *arg, struct text name, struct text *value);

struct expander {
	struct arena *arena; /* results live here */
	char escape;
	expand_lookup_fn *lookup;
	void *arg;
	bool keep_quotes, keep_escapes, ignore_quotes, keep_unset;
	/* Names that were looked up and unset, if not NULL (for lint and errors). */
	void (*on_unset)(void *arg, struct text name);
};

/* One word (blanks kept). Errors are ERR_DOCKERFILE, wrapped as
 * `failed to process "word": …`. */
int expand_word(const struct expander *x, struct text word, struct text *out,
                struct error *err);

/* Several words, split at unquoted blanks after expansion. */
struct words {
	ARRAY(struct text) list; /* texts live in the arena; clear with words_clear() */
};
int expand_words(const struct expander *x, struct text word, struct words *out,
                 struct error *err);
void words_clear(struct words *w);

#endif
