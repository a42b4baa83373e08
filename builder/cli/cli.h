/*
 * cli: the command line: one table of options makes the parser, --help, the
 * completions and the manual page; one file per command.
 */
#ifndef BUILDER_CLI_CLI_H
#define BUILDER_CLI_CLI_H

#include "base/error.h"

/* Runs the program; the exit status (docs/exit-codes.md). By argv[0] "build" the
 * first word is not a command but the rest is that of `cooper build`. */
int cli_main(int argc, char **argv);

#endif
