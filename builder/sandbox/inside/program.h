/*
 * program: finds what is to be executed, as exec.LookPath of Go does, and
 * executes it. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_PROGRAM_H
#define BUILDER_SANDBOX_INSIDE_PROGRAM_H

#include "builder/sandbox/inside/recipe.h"

/* Returns only if it failed, with the report filled. */
int program_execute(struct recipe *recipe);

#endif
