/*
 * supervisor: the first process of a step without name spaces. The program it
 * starts has the step's tree for its root, is confined by Landlock if there is
 * such, and asks it what /proc would say (see proc_server.h). Orphans of the step
 * become its children, and are killed when the program has ended, when the builder
 * is gone, and at SIGTERM. System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_SUPERVISOR_H
#define BUILDER_SANDBOX_SUPERVISE_SUPERVISOR_H

#include "builder/sandbox/inside/recipe.h"

_Noreturn void supervisor_main(struct recipe *recipe, const int *fds);

#endif
