/*
 * draft: a file that is being written, which gets its name when it is complete.
 *
 *	int fd = draft_open(&d, dir_fd, 0644);     write to it, then
 *	draft_keep(&d, fd, "name", true);          and close it, or
 *	draft_drop(&d);
 *
 * It has no name until then where the file system has such files (O_TMPFILE), so that no
 * death of ours leaves it behind. Elsewhere, and for the moment in which one file takes
 * another's place, it is called .cooper-0123456789abcdef.tmp, and is locked (flock) as long
 * as it is open: by that draft_sweep() knows what was left by who is gone.
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
	char name[DRAFT_NAME_MAX]; /* "": it has none */
	bool needs_name;           /* seen here: no O_TMPFILE */
};

#define DRAFT_INIT                                                                       \
	{                                                                                \
		.dir_fd = -1                                                             \
	}

/* A new empty file in the directory DIR_FD, which stays open until it is kept or dropped;
 * readable and writable, MODE & ~umask. Its descriptor, which the caller closes after
 * draft_keep(), or -1 with errno. D may be used again then. */
int draft_open(struct draft *d, int dir_fd, mode_t mode);

/* FD, which draft_open() gave, is NAME from now on. REPLACES: in place of what has that
 * name and is no directory; else that is EEXIST. -1 with errno, and it can be tried again. */
int draft_keep(struct draft *d, int fd, const char *name, bool replaces);

/* Takes its temporary name away, if it has one. */
void draft_drop(struct draft *d);

/* PATH below DIR_FD, whose directory is there, gets what FILL writes to it: all of it, or
 * what has that name stays as it was. */
int draft_replace_by(int dir_fd, const char *path, mode_t mode, file_fill_fn *fill,
                     void *arg, struct error *err);

/* Removes from the directory DIR_FD the drafts of ours (this user's) whose processes are
 * gone. Faults are ignored: the next one will find them. */
void draft_sweep(int dir_fd);

#endif
