/*
 * pattern: one element of Go's filepath.Match, shared with the ignore matcher.
 */
#ifndef PARSER_PATTERN_H
#define PARSER_PATTERN_H

#include "parser/parser.h"

/* Reads the class at the front of T, which starts with "[", and tells whether
 * RUNE is in it. Its length in bytes, or 0 if it is malformed. */
size_t pattern_class(struct text t, uint32_t rune, bool *is_in);

#endif
