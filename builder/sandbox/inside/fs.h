/*
 * fs: makes, copies, restricts and attaches detached mounts. If the kernel or a filter
 * lacks one of these calls, it uses mount(2) (mount2.h). System calls only.
 *
 * The working directory is the sandbox's scratch directory. It has three mount
 * points that all runs use, each in its own mount namespace:
 *
 *	root     the new root
 *	stage    a private tmpfs for files to bind; it does not stay visible
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
	int devices_fd;   /* of a /dev that is still to be closed, or -1: see devices.h */
	bool uses_mount2; /* see mount2_is_best() */
	uint64_t n_parked; /* mounts so far, see classic.h */
	dev_t root_dev;
	char why[RECIPE_TEXT_MAX]; /* the kernel's message for the last failure, or "" */
};

struct fs_option {
	const char *key, *value; /* value NULL: a flag */
};

/* A new detached file system of TYPE; OPTIONS end with a NULL key. -1 with
 * errno, and WHY of C set. */
int fs_new(struct mount_ctx *c, const char *type, const struct fs_option *options,
           unsigned attributes);

/* A detached copy of the mount at PATH; READONLY applies to all of it. C NULL: the caller
 * is not the first process, and missing calls have no substitute. */
int
fs_copy(struct mount_ctx *c, int dir_fd, const char *path, bool recursive, bool readonly);

/* MOUNT_ATTR_… for the mount FD. */
int fs_restrict(int fd, bool recursive, unsigned attributes);

/* Attaches FD on TARGET_FD; fs_attach() closes FD in any case. */
int fs_move(int fd, int target_fd);
int fs_attach(int fd, int target_fd);

/* The flags of all mounts of a sandbox: otherwise a root step could make a device node
 * for any disk of the machine. */
unsigned fs_attributes(const struct recipe *recipe);

#endif
