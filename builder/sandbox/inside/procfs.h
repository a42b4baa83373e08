/*
 * procfs: /proc and /sys of a sandbox, with the paths that Docker hides. System
 * calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_PROCFS_H
#define BUILDER_SANDBOX_INSIDE_PROCFS_H

#include "builder/sandbox/inside/fs.h"

/* A new procfs if that is allowed, else the existing one, which has the process ids of
 * the outside. -1 with errno. */
int procfs_mount(struct mount_ctx *c, int target_fd);

/* A read-only /sys: a new one, without mounts in it, or a copy. */
int procfs_mount_sys(struct mount_ctx *c, int target_fd);

/* Hides PATH, a file or a directory, if it exists. */
int procfs_mask(struct mount_ctx *c, const char *path);

/* Makes PATH and everything below it read-only, if it exists. */
int procfs_readonly(struct mount_ctx *c, const char *path);

#endif
