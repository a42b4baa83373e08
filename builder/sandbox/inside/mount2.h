/*
 * mount2: what the calls for detached mounts do (fsopen(), open_tree(),
 * move_mount(), mount_setattr()), by mount(2) alone: for kernels before 5.2 or 5.12
 * and filters that do not know of them. A mount that is not where it belongs yet is
 * parked on the stage. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_MOUNT2_H
#define BUILDER_SANDBOX_INSIDE_MOUNT2_H

#include "builder/sandbox/inside/fs.h"

/* Whether one of the calls for detached mounts is missing or refused. They come all or
 * none: what one of them made, mount(2) cannot change before it is attached. */
bool mount2_is_best(void);

/* "/proc/self/fd/N" */
#define MOUNT2_LINK 48
const char *mount2_link(int fd, char out[MOUNT2_LINK]);

/* A new place on the stage of C for a directory or a file: an O_PATH descriptor. Opened
 * again with mount2_reopen() once something is mounted on it. */
int mount2_park(struct mount_ctx *c, bool is_dir);
int mount2_reopen(int place_fd);

/* As fs_new(), fs_copy() (not readonly), sys_mount_setattr() and sys_move_mount(). */
int mount2_new(struct mount_ctx *c, const char *type, const struct fs_option *options,
               unsigned attributes);
int mount2_copy(struct mount_ctx *c, int dir_fd, const char *path, bool recursive);
int mount2_restrict(int fd, bool recursive, unsigned attributes);
int mount2_move(int fd, int target_fd);

#endif
