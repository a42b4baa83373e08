/*
 * terminal: a pseudo terminal for a program in a sandbox, connected to our terminal.
 */
#ifndef BUILDER_CLI_TERMINAL_H
#define BUILDER_CLI_TERMINAL_H

#include "base/error.h"

struct terminal;

/* Puts standard input, which must be a terminal, in raw mode and starts a thread
 * that copies the data both ways. NULL: failed. */
struct terminal *terminal_join(struct error *err);

/* The program's end. */
int terminal_fd(const struct terminal *t);

/* Shows the remaining output, restores the mode of standard input, and frees T. */
void terminal_leave(struct terminal *t);

#endif
