/*
 * program: finds what is to be executed, as exec.LookPath of Go does, and
 * executes it. System calls only.
 */
#ifndef BUILDER_SANDBOX_PROGRAM_H
#define BUILDER_SANDBOX_PROGRAM_H

#include "builder/sandbox/plan.h"

/* Returns only if it failed, with the report filled. */
int program_execute(struct plan *plan);

#endif
