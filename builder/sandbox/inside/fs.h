/*
 * fs: detached mounts, made, copied, restricted and attached by the calls for them or, on
 * kernels and below filters that lack one, by mount(2) (mount2.h). System calls only.
 *
 * The working directory is the sandbox's scratch directory, which holds
 * three mount points that all runs share, each in its own name space:
 *
 *	root     the new root
 *	stage    a private tmpfs: files to be bound, nothing of it stays visible
 *	empty    an empty directory
 */
#ifndef BUILDER_SANDBOX_INSIDE_FS_H
#define BUILDER_SANDBOX_INSIDE_FS_H

#include <stdbool.h>
#include <sys/types.h>

#include "builder/sandbox/inside/recipe.h"

#define SCRATCH_ROOT  "root"
#define SCRATCH_STAGE "stage"
#define SCRATCH_EMPTY "empty"

/* State of the mounts of one sandbox. */
struct mount_ctx {
	struct recipe *recipe;
	const int *fds;
	int root_fd; /* of the new root */
	int stage_fd;
	bool uses_mount2;  /* see mount2_is_best() */
	uint64_t n_parked; /* mounts so far, see classic.h */
	dev_t root_dev;
	char why[RECIPE_TEXT_MAX]; /* what the kernel said about the last failure, or "" */
};

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
unsigned fs_attributes(const struct recipe *recipe);

#endif
