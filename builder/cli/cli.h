/*
 * cli: the command line. One table of options serves the parser, --help, the
 * completions and the manual page. Each command has its own file.
 */
#ifndef BUILDER_CLI_CLI_H
#define BUILDER_CLI_CLI_H

#include "base/error.h"

/* Runs the program and returns the exit status (docs/exit-codes.md). If argv[0] is
 * "build", the arguments are those of `cooper build`. */
int cli_main(int argc, char **argv);

#endif
