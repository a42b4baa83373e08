/*
 * mount2: replaces the calls for detached mounts (fsopen(), open_tree(),
 * move_mount(), mount_setattr()) by mount(2), for kernels before 5.2 or 5.12 and for
 * filters that do not know these calls. A mount that is not in its final place yet is
 * parked on the stage. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_MOUNT2_H
#define BUILDER_SANDBOX_INSIDE_MOUNT2_H

#include "builder/sandbox/inside/fs.h"

/* Whether one of the calls for detached mounts is missing or refused. Then we use none of
 * them, because mount(2) cannot change a detached mount. */
bool mount2_is_best(void);

/* "/proc/self/fd/N" */
#define MOUNT2_LINK 48
const char *mount2_link(int fd, char out[MOUNT2_LINK]);

/* A new place on the stage of C for a directory or a file, as an O_PATH descriptor. Call
 * mount2_reopen() after mounting on it. */
int mount2_park(struct mount_ctx *c, bool is_dir);
int mount2_reopen(int place_fd);

/* Like fs_new(), fs_copy() (not readonly), sys_mount_setattr() and sys_move_mount(). */
int mount2_new(struct mount_ctx *c, const char *type, const struct fs_option *options,
               unsigned attributes);
int mount2_copy(struct mount_ctx *c, int dir_fd, const char *path, bool recursive);
int mount2_restrict(int fd, bool recursive, unsigned attributes);
int mount2_move(int fd, int target_fd);

#endif
