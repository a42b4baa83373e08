/*
 * open_in_root: names below a root that is not ours yet, or that a step may change
 * meanwhile. No path leads out of the root, and no link of /proc is followed that is
 * not a path (/proc/PID/cwd, /proc/PID/fd/N …): ELOOP. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_OPEN_IN_ROOT_H
#define BUILDER_SANDBOX_INSIDE_OPEN_IN_ROOT_H

#include <stdbool.h>

/* Makes NAME, which is missing in the open directory PARENT_FD; that is PARENT, a path
 * below the root without links, "" for the root itself. 0, or -1 with errno. */
typedef int in_root_make_fn(void *arg, int parent_fd, const char *parent,
                            const char *name, bool is_dir);

/* An O_PATH descriptor of PATH as after chroot to ROOT_FD. -1 with errno. */
int open_in_root(int root_fd, const char *path);

/* The same; what is missing is made by MAKE, even as the target of a dangling link. All
 * but the last component are directories. */
int open_in_root_making(int root_fd, const char *path, bool is_dir, in_root_make_fn *make,
                        void *arg);

#endif
