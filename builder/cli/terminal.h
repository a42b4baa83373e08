/*
 * terminal: a pseudo terminal for a program in a sandbox, connected to our terminal.
 */
#ifndef BUILDER_CLI_TERMINAL_H
#define BUILDER_CLI_TERMINAL_H

#include <stdbool.h>

#include "base/error.h"

struct terminal;

/* Starts a thread that copies the output, and with HAS_INPUT puts standard input, which
 * must be a terminal then, in raw mode and copies it, too. NULL: failed. */
struct terminal *terminal_join(bool has_input, struct error *err);

/* The program's end. */
int terminal_fd(const struct terminal *t);

/* Shows the remaining output, restores the mode of standard input, and frees T. Takes
 * NULL. */
void terminal_leave(struct terminal *t);

#endif
