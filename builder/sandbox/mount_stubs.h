/*
 * mount_stubs: removes from an upper directory what was made for mounts only.
 */
#ifndef BUILDER_SANDBOX_MOUNT_STUBS_H
#define BUILDER_SANDBOX_MOUNT_STUBS_H

#include "base/error.h"
#include "builder/sandbox/inside/recipe.h"

/* The stubs of REPORT that are still empty vanish from UPPER_FD, and their
 * parents get the time back that they had, unless it was changed otherwise. */
int
mount_stubs_remove(int upper_fd, const struct recipe_report *report, struct error *err);

#endif
