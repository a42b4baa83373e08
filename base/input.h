/*
 * input: whole files that somebody names: a user, a setting, a context that may be a
 * stranger's. None of them is waited for without end, and none is read without end.
 */
#ifndef BASE_INPUT_H
#define BASE_INPUT_H

#include <stdbool.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"

/* Appends the file NAME below DIR_FD (AT_FDCWD allowed) to OUT: a regular file, a pipe
 * that somebody writes to (`<(command)`), a terminal or /dev/null. 1 read, 0 it does not
 * exist, -1 failed (ERR_SOURCE for what is no such file). More than MAX bytes is an
 * error; OUT is as it was then. Waiting for a pipe ends when C (may be NULL) is
 * triggered. */
int input_read(int dir_fd, const char *name, size_t max, const struct cancel *c,
               struct buf *out, struct error *err);

/* The same of an open descriptor; 1 or -1. */
int input_read_fd(int fd, size_t max, const struct cancel *c, struct buf *out,
                  struct error *err);

/* The same of a regular file of the tree ROOT_FD, which is not left: what others wrote
 * must not show what is outside of it. Messages call it SHOWN. */
int input_read_inside(int root_fd, const char *name, const char *shown, size_t max,
                      struct buf *out, struct error *err);

/* "/dev/stdin", "/dev/fd/63", "/proc/self/fd/63": an open file of ours, not a place. */
bool input_is_descriptor(const char *name);

#endif
