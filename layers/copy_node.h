/*
 * copy_node: copies one entry of a directory to another directory with its
 * content, mode, owner, modification time and capability. The caller copies
 * directories; hard links are not kept.
 */
#ifndef LAYERS_COPY_NODE_H
#define LAYERS_COPY_NODE_H

#include <sys/stat.h>

#include "base/cancel.h"
#include "base/error.h"

/* Copies NAME of FROM_FD, which is ST and no directory, to NAME of TO_FD, where
 * there is nothing. A device that may not be made is left out; so is a socket.
 * 1 copied, 0 left out, -1 with ERR that names PATH, or because of CANCEL. */
int
copy_node(int from_fd, const char *name, const struct stat *st, int to_fd, const char *as,
          const char *path, const struct cancel *cancel, struct error *err);

/* Gives the open directory TO_FD the mode, owner and modification time of FROM_FD,
 * which is ST. */
int copy_dir_metadata(int from_fd, const struct stat *st, int to_fd, const char *path,
                      struct error *err);

#endif
