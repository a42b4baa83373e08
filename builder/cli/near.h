/*
 * near: suggestions for an unknown option or command: another builder's
 * spelling, a prefix, or a typing error.
 */
#ifndef BUILDER_CLI_NEAR_H
#define BUILDER_CLI_NEAR_H

#include "base/text.h"
#include "builder/cli/options.h"

/* A suggestion for option NAME (without dashes) of C, or NULL. The caller
 * frees. */
char *near_option(const struct command *c, struct text name);

/* For the first word of the command line: the name of a command, or NULL. */
const char *near_command(struct text word);

#endif
