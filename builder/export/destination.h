/*
 * destination: a file or directory that the user named for what comes out.
 *
 * It is opened before the work begins, so that one that cannot be written is told of at
 * once, and gets its content at the end.
 *
 *	regular file     a nameless file beside it takes its place when it is complete;
 *	                 mode and owner stay, other hard links keep the old content
 *	… that cannot be replaced (a mount point, a directory that is not ours): in place
 *	symbolic link    what it leads to
 *	/dev/stdout, /dev/fd/N, /proc/self/fd/N, "-"
 *	                 the descriptor itself, from where it stands
 *	FIFO, device     written to, never replaced; a FIFO needs a reader soon
 *	socket           refused
 *	directory        made if it is not there
 *
 * A destination belongs to one thread at a time.
 */
#ifndef BUILDER_EXPORT_DESTINATION_H
#define BUILDER_EXPORT_DESTINATION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cancel.h"
#include "base/error.h"

enum destination_form {
	DESTINATION_TEXT,    /* a short text; its directory must be there */
	DESTINATION_ARCHIVE, /* missing directories above it are made */
	DESTINATION_DIR,
};

struct destination;

/* OPTION and PATH are for messages ("--iidfile", "--output dest=") and copied. NULL with
 * ERR_USAGE (the path cannot be meant) or ERR_ENVIRONMENT (no permission, disk full). */
struct destination *destination_open(enum destination_form form, const char *option,
                                     const char *path, struct error *err);

/* Waits for readers end when C (may be NULL) is triggered. */
void destination_set_cancel(struct destination *d, const struct cancel *c);

/* Writes to a file. A block_sink_fn: D is a struct destination. */
int destination_write(void *d, const void *bytes, size_t n, struct error *err);

/* What was written so far is forgotten. Fails for a stream that had some of it. */
int destination_restart(struct destination *d, struct error *err);

int destination_dir_fd(const struct destination *d); /* of a directory; borrowed */

/* The content is complete: it gets its name. Of a directory: it stays. */
int destination_keep(struct destination *d, struct error *err);

/* Closes it. What was not kept leaves nothing behind: no temporary file, no empty
 * directory. Takes NULL. */
void destination_drop(struct destination *d);

const char *destination_shown(const struct destination *d); /* option and path */
bool destination_is_stdout(const struct destination *d);

/* Whether A and B would get into each other's way: the same file, unless it is a device,
 * or a stream that both send a short text to. */
bool destination_clash(const struct destination *a, const struct destination *b);

/* What D has on disk by now: the file that was there, and what was made for it. */
struct destination_file {
	dev_t dev;
	ino_t ino;
	const char *name; /* borrowed from D */
	bool is_made;
};
struct destination_files {
	ARRAY(struct destination_file) list;
};

/* Of a descriptor we were started with, and of a directory that was there: nothing. The
 * caller clears OUT's list. */
void destination_files(const struct destination *d, struct destination_files *out);

/* Whether it lies in or below the directory DIR is of; whether the directory DIR lies in
 * or below it. */
bool destination_is_below(const struct destination *d, const struct stat *dir);
bool destination_holds(const struct destination *d, const char *dir);

#endif
