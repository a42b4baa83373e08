/*
 * inroot: opening below a root and never outside it.
 *
 * The kernel resolves the path (openat2 with RESOLVE_IN_ROOT, Linux 5.6), so
 * absolute links and ".." stay inside as after chroot. Where openat2 is
 * missing (see base/missing.h), the path is walked component
 * by component with O_NOFOLLOW.
 */
#ifndef BASE_INROOT_H
#define BASE_INROOT_H

#include <sys/types.h>

#include "base/error.h"

/* Like openat(2) confined to ROOT_FD. Links are followed unless FLAGS has
 * O_NOFOLLOW (last component only). The fd, or -1 with errno set. */
int inroot_open(int root_fd, const char *path, int flags, mode_t mode);

/* Like inroot_open(), but a link in any component is an error (ELOOP). */
int inroot_open_nolinks(int root_fd, const char *path, int flags, mode_t mode);

/* Opens (O_PATH|O_DIRECTORY) the directory that holds the last component of
 * PATH, following no links, and points *NAME at that component inside PATH.
 * -1 with errno set. */
int inroot_parent(int root_fd, const char *path, const char **name);

#endif
