/*
 * near: what somebody may have meant by an unknown option or command: the
 * spelling of another builder, a beginning, or a slip of the fingers.
 */
#ifndef BUILDER_CLI_NEAR_H
#define BUILDER_CLI_NEAR_H

#include "base/text.h"
#include "builder/cli/options.h"

/* For option NAME (without dashes) of C: what to write instead, or NULL. The
 * caller frees. */
char *near_option(const struct command *c, struct text name);

/* For the first word of the command line: the name of a command, or NULL. */
const char *near_command(struct text word);

#endif
