/*
 * owner_supervisor: a process between the builder and a sandbox whose user namespace
 * has a single id. It is outside the sandbox's PID namespace and emulates owners for
 * the step's processes. System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_OWNER_SUPERVISOR_H
#define BUILDER_SANDBOX_SUPERVISE_OWNER_SUPERVISOR_H

#include "builder/sandbox/inside/recipe.h"

/* Clones the sandbox's own first process, to which it returns; the calling process
 * itself ends in here. -1 with the report filled. */
int owner_supervisor_split(struct recipe *recipe, const int *fds);

#endif
