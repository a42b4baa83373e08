/*
 * prompt: asks the person at the terminal, or reads a secret that a program sends.
 */
#ifndef BUILDER_CLI_PROMPT_H
#define BUILDER_CLI_PROMPT_H

#include <stdbool.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"

/* Prints QUESTION to standard error and appends the answer, one line without its end, to
 * OUT. HIDDEN: what is typed is not shown. Standard input must be a terminal (else
 * ERR_USAGE). */
int prompt(const char *question, bool hidden, const struct cancel *cancel,
           struct buf *out, struct error *err);

/* All of standard input, a password, without one line end at its end. A person at a
 * terminal is asked for it instead. OUT belongs to the caller, who wipes it. */
int prompt_piped(const struct cancel *cancel, struct buf *out, struct error *err);

#endif
