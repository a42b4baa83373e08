/*
 * program: finds the program to execute, like exec.LookPath of Go, and
 * executes it. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_PROGRAM_H
#define BUILDER_SANDBOX_INSIDE_PROGRAM_H

#include <limits.h>

#include "builder/sandbox/inside/recipe.h"

/* The file to execute for NAME: NAME itself if it has a "/", else one of PATH, in ROOM.
 * NULL with errno, 0 if it is nowhere in PATH. */
const char *
program_find(const struct recipe *recipe, const char *name, char room[PATH_MAX]);

/* Executes the recipe's program; before that, starts its prober if it has one. Returns
 * only on failure, with the report filled. */
int program_execute(struct recipe *recipe);

#endif
