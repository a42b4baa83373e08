/*
 * terminal: a pseudo terminal for a program that runs elsewhere, joined to ours.
 */
#ifndef BUILDER_CLI_TERMINAL_H
#define BUILDER_CLI_TERMINAL_H

#include "base/error.h"

struct terminal;

/* Standard input, which must be a terminal, is in raw mode from now on, and what
 * comes and goes there is handed on by a thread. NULL: failed. */
struct terminal *terminal_join(struct error *err);

/* The program's end. */
int terminal_fd(const struct terminal *t);

/* Shows what is left, gives standard input its mode back, and frees T. */
void terminal_leave(struct terminal *t);

#endif
