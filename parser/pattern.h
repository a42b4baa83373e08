/*
 * pattern: Go's filepath.Match, and the part of it that ignore files share.
 */
#ifndef PARSER_PATTERN_H
#define PARSER_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Go's filepath.Match: * and ? do not cross '/', [a-z], [^a], \c. 1 match, 0 no,
 * -1 malformed pattern. */
int pattern_match(struct text pattern, struct text name);

/* True if P holds an unescaped * ? or [. */
bool pattern_has_glob(struct text p);

/* Reads the class at the front of T, which starts with "[", and says whether RUNE is
 * in it. Returns its length in bytes, or 0 if it is malformed. */
size_t pattern_class(struct text t, uint32_t rune, bool *is_in);

#endif
