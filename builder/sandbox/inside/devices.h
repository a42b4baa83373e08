/*
 * devices: /dev of a sandbox. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_DEVICES_H
#define BUILDER_SANDBOX_INSIDE_DEVICES_H

#include "builder/sandbox/inside/fs.h"

/* Character devices that a step may open. */
struct device_node {
	const char *name, *path;
	unsigned major, minor;
};
extern const struct device_node device_nodes[];
extern const size_t device_n_nodes;

/* A tmpfs on TARGET_FD with null, zero, full, random, urandom, tty, pts, shm of
 * SHM_SIZE bytes, mqueue and the usual links. -1 with errno.
 *
 * If the recipe's filter asks before the step makes other nodes, /dev opens nodes, and the
 * devices_fd of C is set. If not, it is as after devices_close(). */
int devices_mount(struct mount_ctx *c, int target_fd, uint64_t shm_size);

/* Makes the /dev at DEV_FD nodev. The nodes of device_nodes become mount points first,
 * which still open. C as for fs_copy(). -1 with errno; then it may still open nodes. */
int devices_close(struct mount_ctx *c, int dev_fd);

#endif
