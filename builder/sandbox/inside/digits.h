/*
 * digits: a number as text, for processes that may not use the C library's printf().
 */
#ifndef BUILDER_SANDBOX_INSIDE_DIGITS_H
#define BUILDER_SANDBOX_INSIDE_DIGITS_H

#include <stdint.h>

/* Writes the digits of V in BASE (at most 10) to OUT and returns OUT. */
#define DIGITS_MAX 24
char *digits_of(uint64_t v, unsigned base, char out[DIGITS_MAX]);

#endif
