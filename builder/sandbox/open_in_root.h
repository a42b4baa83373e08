/*
 * open_in_root: names below a root that is not ours yet. System calls only.
 */
#ifndef BUILDER_SANDBOX_OPEN_IN_ROOT_H
#define BUILDER_SANDBOX_OPEN_IN_ROOT_H

/* PATH as after chroot to ROOT_FD, but no link of /proc leads out. FLAGS: as of open(),
 * none that make something. Nothing below the root may change meanwhile. -1 with
 * errno. */
int open_in_root(int root_fd, const char *path, int flags);

#endif
