/*
 * mount_stubs: removes from an upper directory the mount points that we made.
 */
#ifndef BUILDER_SANDBOX_MOUNT_STUBS_H
#define BUILDER_SANDBOX_MOUNT_STUBS_H

#include "base/error.h"
#include "builder/sandbox/inside/recipe.h"

/* Removes the stubs of REPORT that are still empty from UPPER_FD, and restores the
 * times of their parents unless something else changed them. */
int
mount_stubs_remove(int upper_fd, const struct recipe_report *report, struct error *err);

#endif
