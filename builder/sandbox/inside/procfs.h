/*
 * procfs: /proc and /sys of a sandbox, and what Docker hides of them. System
 * calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_PROCFS_H
#define BUILDER_SANDBOX_INSIDE_PROCFS_H

#include "builder/sandbox/inside/fs.h"

/* A new procfs where that is allowed, else the one there is: then numbers of
 * processes in it are those of the outside. -1 with errno. */
int procfs_mount(struct mount_ctx *c, int target_fd);

/* /sys, read-only: a new one, which has nothing mounted in it, or a copy. */
int procfs_mount_sys(struct mount_ctx *c, int target_fd);

/* Hides PATH, a file or a directory, if it is there. */
int procfs_mask(struct mount_ctx *c, const char *path);

/* Makes PATH, and what is below, read-only if it is there. */
int procfs_readonly(struct mount_ctx *c, const char *path);

#endif
