/*
 * supervisor: the first process of a step without namespaces. It starts the program
 * with the step's tree as root, confined by Landlock if available, and answers its
 * calls for /proc (see proc_server.h). Orphans of the step become its children. It
 * kills them when the program has ended, when the builder is gone, and at SIGTERM.
 * System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_SUPERVISOR_H
#define BUILDER_SANDBOX_SUPERVISE_SUPERVISOR_H

#include "builder/sandbox/inside/recipe.h"

_Noreturn void supervisor_main(struct recipe *recipe, const int *fds);

#endif
