/*
 * draft: a file that gets its name only when it is complete.
 *
 *	int fd = draft_open(&d, dir_fd, 0644);     write to it, then
 *	draft_keep(&d, fd, "name", true);          and close it, or
 *	draft_drop(&d);
 *
 * Where the file system supports O_TMPFILE, the file has no name until then, so a crash
 * leaves nothing behind. Elsewhere, and for a moment while it replaces another file, it
 * is called .cooper-0123456789abcdef.tmp. Such a file is locked (flock) while it is open,
 * so draft_sweep() can tell which ones dead processes left.
 *
 * Owned by one thread.
 */
#ifndef BASE_DRAFT_H
#define BASE_DRAFT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/file.h"

#define DRAFT_NAME_MAX sizeof ".cooper-0123456789abcdef.tmp"

struct draft {
	int dir_fd;                /* borrowed */
	char name[DRAFT_NAME_MAX]; /* "": no name yet */
	bool needs_name;           /* this file system has no O_TMPFILE */
};

#define DRAFT_INIT                                                                       \
	{                                                                                \
		.dir_fd = -1                                                             \
	}

/* Opens a new empty file in the directory DIR_FD, for reading and writing, with MODE &
 * ~umask. DIR_FD must stay open until the draft is kept or dropped. Returns a descriptor,
 * which the caller closes after draft_keep(), or -1 with errno. Then D can be reused. */
int draft_open(struct draft *d, int dir_fd, mode_t mode);

/* Gives FD, which comes from draft_open(), the name NAME. With REPLACES it replaces an
 * existing file that is not a directory; without, an existing file is EEXIST. -1 with
 * errno; the caller may try again. */
int draft_keep(struct draft *d, int fd, const char *name, bool replaces);

/* As draft_keep() with REPLACES, for one of many files. rename(2) makes ext4 write what it
 * replaces by to the disk at once, a millisecond for each file; exchanging names does not. */
int draft_keep_one_of_many(struct draft *d, int fd, const char *name);

/* Removes its temporary name, if it has one. */
void draft_drop(struct draft *d);

/* Writes the file PATH below DIR_FD by calling FILL. The directory of PATH must exist. On
 * failure an existing file keeps its content. */
int draft_replace_by(int dir_fd, const char *path, mode_t mode, file_fill_fn *fill,
                     void *arg, struct error *err);

/* Removes this user's drafts of dead processes from the directory DIR_FD. Ignores errors:
 * the next call will find the files again. */
void draft_sweep(int dir_fd);

#endif
