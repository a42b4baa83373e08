/*
 * devices: /dev of a sandbox. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_DEVICES_H
#define BUILDER_SANDBOX_INSIDE_DEVICES_H

#include "builder/sandbox/inside/fs.h"

/* A tmpfs on TARGET_FD with null, zero, full, random, urandom, tty, pts, shm of
 * SHM_SIZE bytes, mqueue and the usual links. -1 with errno. */
int devices_mount(struct mount_ctx *c, int target_fd, uint64_t shm_size);

#endif
