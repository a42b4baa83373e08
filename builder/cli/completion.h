/*
 * completion: completion scripts for shells, made from the same tables as the
 * parser and the help.
 */
#ifndef BUILDER_CLI_COMPLETION_H
#define BUILDER_CLI_COMPLETION_H

#include <stdio.h>

#include "base/error.h"

/* Prints the script for SHELL: "bash", "zsh", "fish". It serves both names of the
 * program, cooper and build. */
int completion_print(const char *shell, FILE *out, struct error *err);

#endif
