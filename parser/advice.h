/*
 * advice: what a person can do about a Dockerfile that cannot be parsed.
 */
#ifndef PARSER_ADVICE_H
#define PARSER_ADVICE_H

#include "base/error.h"
#include "base/text.h"

/* Adds a hint to ERR, the reason why the Dockerfile BYTES could not be parsed, if one is
 * known: it is no Dockerfile but an archive, UTF-16 or YAML, say; or the line of the
 * first place continues the one before it, or is a command of a shell. */
void advice_add(struct text bytes, struct error *err);

#endif
