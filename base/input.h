/*
 * input: reads whole files whose names come from users, settings or untrusted contexts.
 * No function waits forever or reads without a limit.
 */
#ifndef BASE_INPUT_H
#define BASE_INPUT_H

#include <stdbool.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"

/* Appends the file NAME below DIR_FD (AT_FDCWD allowed) to OUT. It may be a regular file,
 * a pipe with a writer (`<(command)`), a terminal or /dev/null; other types are
 * ERR_SOURCE. Returns 1 if it was read, 0 if it does not exist, -1 on failure. More than
 * MAX bytes is an error; OUT is then unchanged. Triggering C (may be NULL) ends the wait
 * for a pipe. */
int input_read(int dir_fd, const char *name, size_t max, const struct cancel *c,
               struct buf *out, struct error *err);

/* The same for an open descriptor; 1 or -1. */
int input_read_fd(int fd, size_t max, const struct cancel *c, struct buf *out,
                  struct error *err);

/* The same for a regular file inside the tree ROOT_FD. It never leaves the tree: an
 * untrusted link must not show files outside. Messages call the file SHOWN. */
int input_read_inside(int root_fd, const char *name, const char *shown, size_t max,
                      struct buf *out, struct error *err);

/* True for "/dev/stdin", "/dev/fd/63" and "/proc/self/fd/63": names of open
 * descriptors. */
bool input_is_descriptor(const char *name);

#endif
