/*
 * suggest: "did you mean …": finds what was meant, and says it.
 */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/* The nearest of the N CANDIDATES, or NULL: none near enough, or an exact match exists.
 * Near is a Levenshtein distance of at most 2; ASCII case does not matter if NOCASE. The
 * first of the best wins. */
const char *
suggest_find(struct text word, const char *const *candidates, size_t n, bool nocase);

/* Sets the hint "did you mean NEAR?" unless NEAR is NULL. Always returns -1. */
int suggest_hint(struct error *err, const char *near);

/* " (did you mean NEAR?)", for the end of a message, with SIGN before NEAR; "" if NEAR is
 * NULL. The caller frees it. */
char *suggest_print(const char *sign, const char *near);

#endif
