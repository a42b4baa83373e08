/*
 * mount_ops: carries out the mounts of a plan in the sandbox's first process,
 * which has a mount name space of its own. System calls only.
 *
 * The working directory is the sandbox's scratch directory, which holds
 * three mount points that all runs share, each in its own name space:
 *
 *	root     the new root
 *	stage    a private tmpfs: files to be bound, nothing of it stays visible
 *	empty    an empty directory
 */
#ifndef BUILDER_SANDBOX_MOUNT_OPS_H
#define BUILDER_SANDBOX_MOUNT_OPS_H

#include <limits.h>

#include "builder/sandbox/plan.h"

#define SCRATCH_ROOT  "root"
#define SCRATCH_STAGE "stage"
#define SCRATCH_EMPTY "empty"

/* State of the work. */
struct mount_ctx {
	struct plan *plan;
	const int *fds;
	int root_fd; /* of the new root */
	int stage_fd;
	bool is_classic;   /* see classic_is_best() */
	uint64_t n_parked; /* mounts so far, see classic.h */
	dev_t root_dev;
	char why[PLAN_TEXT_MAX]; /* what the kernel said about the last failure, or "" */
};

/* Makes the new root and mounts everything in it; the working directory is the
 * new root then, still unpivoted. -1 with the report filled. */
int mount_ops_run(struct mount_ctx *c);

/* Makes the working directory "/" for good. */
int mount_ops_pivot(struct mount_ctx *c);

/* ------------------------------------------------------------ pieces */

struct fs_option {
	const char *key, *value; /* value NULL: a flag */
};

/* A new detached file system of TYPE; OPTIONS end with a NULL key. -1 with
 * errno, and WHY of C set. */
int fs_new(struct mount_ctx *c, const char *type, const struct fs_option *options,
           unsigned attributes);

/* A detached copy of the mount at PATH; READONLY applies to all of it. C NULL: not in
 * the first process, where calls that are missing have no substitute. */
int
fs_copy(struct mount_ctx *c, int dir_fd, const char *path, bool recursive, bool readonly);

/* MOUNT_ATTR_… for the mount FD. */
int fs_restrict(int fd, bool recursive, unsigned attributes);

/* Attaches FD on TARGET_FD; fs_attach() closes FD in any case. */
int fs_move(int fd, int target_fd);
int fs_attach(int fd, int target_fd);

/* What all mounts of a sandbox have: root of the machine could otherwise make itself
 * a node for any of its disks. */
unsigned fs_attributes(const struct plan *plan);

/* Decimal digits of V into OUT (24 bytes); OUT. */
char *fs_number(uint64_t v, unsigned base, char out[24]);

#endif
