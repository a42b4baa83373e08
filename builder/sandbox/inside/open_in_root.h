/*
 * open_in_root: opens names below a root that is not ours yet, or that a step may
 * change concurrently. No path leads out of the root. Magic links of /proc
 * (/proc/PID/cwd, /proc/PID/fd/N …) are not followed: ELOOP. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_OPEN_IN_ROOT_H
#define BUILDER_SANDBOX_INSIDE_OPEN_IN_ROOT_H

#include <stdbool.h>

/* Makes NAME, which is missing in the open directory PARENT_FD. PARENT is its path below
 * the root, without links, "" for the root itself. 0, or -1 with errno. */
typedef int in_root_make_fn(void *arg, int parent_fd, const char *parent,
                            const char *name, bool is_dir);

/* An O_PATH descriptor of PATH, resolved as after a chroot to ROOT_FD. -1 with errno. */
int open_in_root(int root_fd, const char *path);

/* The same with FLAGS: O_NOFOLLOW opens a link at the end itself, O_DIRECTORY. */
int open_in_root_as(int root_fd, const char *path, int flags);

/* The same, but MAKE creates missing components, even the target of a dangling link. All
 * components except the last are directories. */
int open_in_root_making(int root_fd, const char *path, bool is_dir, in_root_make_fn *make,
                        void *arg);

#endif
