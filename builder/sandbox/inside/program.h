/*
 * program: finds the program to execute, like exec.LookPath of Go, and
 * executes it. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_PROGRAM_H
#define BUILDER_SANDBOX_INSIDE_PROGRAM_H

#include "builder/sandbox/inside/recipe.h"

/* Returns only on failure, with the report filled. */
int program_execute(struct recipe *recipe);

#endif
