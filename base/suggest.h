/*
 * suggest: "did you mean …". Levenshtein distance of at most 2, ASCII case
 * ignored if NOCASE; the first of the best wins.
 */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* The nearest of the N CANDIDATES, or NULL: none near enough, or an exact
 * match exists. */
const char *
suggest_find(struct text word, const char *const *candidates, size_t n, bool nocase);

#endif
