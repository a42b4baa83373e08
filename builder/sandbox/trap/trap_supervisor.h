/*
 * trap_supervisor: the first process of a step that has no root of its own. It starts the
 * program, confined by Landlock if available, and makes its calls for it (see trap.h).
 * Orphans of the step become its children. It kills them when the program has ended, when
 * the builder is gone, and at SIGTERM. System calls only.
 */
#ifndef BUILDER_SANDBOX_TRAP_TRAP_SUPERVISOR_H
#define BUILDER_SANDBOX_TRAP_TRAP_SUPERVISOR_H

#include "builder/sandbox/inside/recipe.h"

_Noreturn void trap_main(struct recipe *recipe, const int *fds);

#endif
