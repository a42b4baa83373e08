/*
 * manual: the manual page cooper(1). Commands and options come from their tables;
 * the text of the other sections is here.
 */
#ifndef BUILDER_CLI_MANUAL_H
#define BUILDER_CLI_MANUAL_H

#include <stdio.h>

/* The page in man(7) macros, ASCII only. */
void manual_print(FILE *out);

struct command;

/* The page of one command: cooper-NAME(1). */
void manual_print_command(const struct command *c, FILE *out);

#endif
