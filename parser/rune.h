/*
 * rune: the classes of Unicode code points that the Dockerfile language knows.
 *
 * A "blank" here is what Unicode calls White_Space. Bytes that are not valid
 * UTF-8 belong to no class and are carried along unchanged.
 */
#ifndef PARSER_RUNE_H
#define PARSER_RUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

bool rune_is_blank(uint32_t rune);
bool rune_is_letter(uint32_t rune);

/* Length in bytes of the blank that T starts with, 0 if it starts with none. */
size_t rune_blank(struct text t);

/* T without leading blanks, or without blanks at both ends. */
struct text rune_trim_left(struct text t);
struct text rune_trim(struct text t);

/* TAB, VT, FF, CR or SPACE: they separate plain words. LF does not. */
static inline bool
rune_separates(char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

/* True if C is one of the characters of SET; NUL never is. */
static inline bool
rune_is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

#endif
