/*
 * owner_supervisor: stands between the builder and a sandbox whose user name space
 * has a single id, outside its process name space, and keeps the owners that the
 * step's processes believe in. System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_OWNER_SUPERVISOR_H
#define BUILDER_SANDBOX_SUPERVISE_OWNER_SUPERVISOR_H

#include "builder/sandbox/inside/recipe.h"

/* Clones the sandbox's own first process, to which it returns; the calling process
 * itself ends in here. -1 with the report filled. */
int owner_supervisor_split(struct recipe *recipe, const int *fds);

#endif
