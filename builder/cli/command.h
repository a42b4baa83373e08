/*
 * command: what all commands have in common: they read options, print the help
 * and report errors.
 */
#ifndef BUILDER_CLI_COMMAND_H
#define BUILDER_CLI_COMMAND_H

#include "builder/cli/options.h"

/* Does the work of a command with the parsed OPTIONS. Returns the exit status, or
 * -1 with ERR. */
typedef int command_fn(void *options, const struct words_left *words, struct error *err);

/* Runs WORK on ARGV and returns the exit status. OPTIONS holds the defaults; the
 * caller frees what it owns afterwards. */
int command_run(const struct command *self, int argc, char **argv, void *options,
                command_fn *work);

/* 0 if there are MIN to MAX words, else -1 with the usage line as hint. */
int command_words(const struct command *self, const struct words_left *words, size_t min,
                  size_t max, struct error *err);

/* The first member of the options of commands that read the store. */
struct store_options {
	const char *root;
	bool json; /* --format json */
};

int command_set_format(void *target, struct text value, struct error *err);

#define ROW_ROOT                                                                         \
	{                                                                                \
		"root", 0, "DIR", OPTION_STRING, offsetof(struct store_options, root),   \
		        NULL, "the store (default $COOPER_ROOT)"                         \
	}
#define ROW_FORMAT                                                                       \
	{                                                                                \
		"format", 0, "text|json", OPTION_CALL, 0, command_set_format,            \
		        "how the answer is printed"                                      \
	}

#endif
