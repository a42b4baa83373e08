/*
 * variables: an ordered list of names with values, each name once, found by
 * hashing. Serves as environment, as labels, and (values unused) as a set.
 */
#ifndef PARSER_VARIABLES_H
#define PARSER_VARIABLES_H

#include "base/map.h"
#include "parser/config.h"

struct variables {
	ARRAY(struct variable) list; /* a name with p NULL is a gap */
	struct map places;           /* name → index + 1 */
	size_t gaps;
};

/* The value of NAME: 1, or 0 if it is not set. */
int variables_find(const struct variables *vs, struct text name, struct text *value);

/* Sets NAME (NUL-terminated, lives as long as the list) to VALUE: in place of an older
 * value, or at the end if the name is new. */
void variables_put(struct variables *vs, struct text name, struct text value);

/* The same, but always at the end: the last assignment decides the order. */
void variables_append(struct variables *vs, struct text name, struct text value);

/* Removes NAME if it is set. */
void variables_remove(struct variables *vs, struct text name);
void variables_copy(struct variables *to, const struct variables *from);
void variables_clear(struct variables *vs);

size_t variables_count(const struct variables *vs);

/* The N names and values without gaps, in ARENA. */
struct variable *
variables_list(const struct variables *vs, struct arena *arena, size_t *n);

/* The N names alone. */
struct text *variables_names(const struct variables *vs, struct arena *arena, size_t *n);

/* The name most similar to NAME for "did you mean", or NULL. */
const char *variables_suggest(const struct variables *vs, struct text name);

#endif
