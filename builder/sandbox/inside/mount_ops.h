/*
 * mount_ops: carries out the mounts of a recipe in the sandbox's first process,
 * which has a mount namespace of its own. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_MOUNT_OPS_H
#define BUILDER_SANDBOX_INSIDE_MOUNT_OPS_H

#include "builder/sandbox/inside/fs.h"

/* Makes the new root and mounts everything in it. Then the working directory is
 * the new root, before pivot_root. -1 with the report filled. */
int mount_ops_run(struct mount_ctx *c);

/* Makes the working directory the root, permanently. */
int mount_ops_pivot(struct mount_ctx *c);

#endif
