/*
 * classic: what the calls for detached mounts do (fsopen(), open_tree(),
 * move_mount(), mount_setattr()), by mount(2) alone: for kernels before 5.2 or 5.12
 * and filters that do not know of them. A mount that is not where it belongs yet is
 * parked on the stage. System calls only.
 */
#ifndef BUILDER_SANDBOX_CLASSIC_H
#define BUILDER_SANDBOX_CLASSIC_H

#include "builder/sandbox/mount_ops.h"

/* Whether one of the calls for detached mounts is missing or refused. They come all or
 * none: what one of them made, mount(2) cannot change before it is attached. */
bool classic_is_best(void);

/* "/proc/self/fd/N" */
#define CLASSIC_LINK 48
const char *classic_link(int fd, char out[CLASSIC_LINK]);

/* A new place on the stage of C for a directory or a file: an O_PATH descriptor. Opened
 * again with classic_reopen() once something is mounted on it. */
int classic_park(struct mount_ctx *c, bool is_dir);
int classic_reopen(int place_fd);

/* As fs_new(), fs_copy() (not readonly), sys_mount_setattr() and sys_move_mount(). */
int classic_new(struct mount_ctx *c, const char *type, const struct fs_option *options,
                unsigned attributes);
int classic_copy(struct mount_ctx *c, int dir_fd, const char *path, bool recursive);
int classic_restrict(int fd, bool recursive, unsigned attributes);
int classic_move(int fd, int target_fd);

#endif
