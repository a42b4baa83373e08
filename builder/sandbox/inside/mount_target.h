/*
 * mount_target: finds mount points in a new root. Missing ones are made, and noted in
 * the recipe's report so that they can be removed afterwards.
 */
#ifndef BUILDER_SANDBOX_INSIDE_MOUNT_TARGET_H
#define BUILDER_SANDBOX_INSIDE_MOUNT_TARGET_H

#include "builder/sandbox/inside/fs.h"

/* O_PATH descriptor of PATH in C's root, links followed inside it. Made if
 * missing, parents too, even as the target of a dangling link. -1 with errno.
 * System calls only. */
int mount_target_open(struct mount_ctx *c, const char *path, bool is_dir);

#endif
