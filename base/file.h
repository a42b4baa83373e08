/*
 * file: whole-file and descriptor I/O, always relative to a directory fd.
 * Interrupted calls are repeated. Descriptors are close-on-exec.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"

/* Appends the file NAME below DIR_FD (AT_FDCWD allowed) to OUT. 1 read, 0 the
 * file does not exist, -1 failed. More than MAX bytes is an error; OUT is then
 * unchanged. file_read_fd() reads to the end and returns 1 or -1. */
int
file_read(int dir_fd, const char *name, size_t max, struct buf *out, struct error *err);
int file_read_fd(int fd, size_t max, struct buf *out, struct error *err);

/* Replaces NAME below DIR_FD by BYTES: temporary file beside it, rename. Not
 * synced. The mode is MODE & ~umask. */
int file_replace(int dir_fd, const char *name, const void *bytes, size_t n, mode_t mode,
                 struct error *err);

/* The same, but FILL writes the content to FD. */
typedef int file_fill_fn(void *arg, int fd, struct error *err);
int file_replace_by(int dir_fd, const char *name, mode_t mode, file_fill_fn *fill,
                    void *arg, struct error *err);

/* Writes all N bytes. */
int file_write_all(int fd, const void *bytes, size_t n, struct error *err);

/* Reads until N bytes or the end; the number read, or -1. */
ssize_t file_read_full(int fd, void *bytes, size_t n, struct error *err);

/* Copies from IN to OUT (copy_file_range where possible, else read/write)
 * until the end of IN, or until C (may be NULL) is triggered; adds to *COPIED if not
 * NULL. */
int file_copy_fd(int in, int out, const struct cancel *c, uint64_t *copied,
                 struct error *err);

/* mkdir -p below DIR_FD. New levels get 0777 & ~umask if MODE is 0 or 0777, any
 * other MODE exactly. */
int file_make_dirs(int dir_fd, const char *path, mode_t mode, struct error *err);

/* Removes NAME and everything below it, never following links or leaving
 * DIR_FD's file system tree; makes directories writable where needed. Absent
 * is success. */
int file_remove_tree(int dir_fd, const char *name, struct error *err);

/* The same with a limit: each removed name decrements *LEFT (negative: no limit). At 0
 * the function ends with ERR_CANCELLED and leaves the rest. Other threads may set *LEFT
 * meanwhile. */
int file_remove_tree_within(_Atomic int64_t *left, int dir_fd, const char *name,
                            struct error *err);

/* open(2) with O_DIRECTORY|O_CLOEXEC, without O_PATH. -1 with ERR. */
int file_open_dir(int dir_fd, const char *name, struct error *err);

/* Whether NAME exists, be it a link. (Does not use faccessat(): seccomp filters that do
 * not know faccessat2() give wrong answers.) */
bool file_is_there(int dir_fd, const char *name);

/* A random name of N lower-case hex digits into OUT (N + 1 bytes). */
void file_random_name(char *out, size_t n);

/* Links of the form /proc/self/fd/N into OUT, for interfaces that take paths only. */
#define FILE_FD_PATH_MAX 40
char *file_fd_path(int fd, char out[FILE_FD_PATH_MAX]);

/* A path of NAME, a single name, in the open directory DIR_FD, for calls without an *at
 * form: those about attributes before Linux 6.13. Returns OUT. */
#define FILE_AT_PATH_MAX (FILE_FD_PATH_MAX + 257)
char *file_at_path(int dir_fd, const char *name, char out[FILE_AT_PATH_MAX]);

#endif
