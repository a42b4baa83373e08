/*
 * destination: an output file or directory that the user named.
 *
 * It is opened before the work begins, so that an unwritable path is an error at once. It
 * gets its content at the end.
 *
 *	regular file     an unnamed file replaces it when it is complete; mode and owner
 *	                 stay, other hard links keep the old content
 *	… that cannot be replaced (a mount point, a directory that is not ours): in place
 *	symbolic link    its target
 *	/dev/stdout, /dev/fd/N, /proc/self/fd/N, "-"
 *	                 the descriptor itself, from its current offset
 *	FIFO, device     written to, never replaced; a FIFO needs a reader soon
 *	socket           refused
 *	directory        made if it does not exist
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
#include "base/digest.h"
#include "base/error.h"

enum destination_form {
	DESTINATION_TEXT,    /* a short text; its directory must exist */
	DESTINATION_ARCHIVE, /* missing directories above it are made */
	DESTINATION_DIR,
};

struct destination;

/* OPTION and PATH are for messages ("--iidfile", "--output dest=") and copied. NULL with
 * ERR_USAGE (the path cannot be meant) or ERR_ENVIRONMENT (no permission, disk full). */
struct destination *destination_open(enum destination_form form, const char *option,
                                     const char *path, struct error *err);

/* The pipe FD, which stays the caller's, as a destination that is called SHOWN. */
struct destination *destination_of_pipe(int fd, const char *shown, struct error *err);

/* Triggering C (may be NULL) ends waits for readers. */
void destination_set_cancel(struct destination *d, const struct cancel *c);

/* Writes to a file. A block_sink_fn: D is a struct destination. */
int destination_write(void *d, const void *bytes, size_t n, struct error *err);

/* Discards everything written so far. Fails for a stream that already got some of it. */
int destination_restart(struct destination *d, struct error *err);

int destination_dir_fd(const struct destination *d); /* of a directory; borrowed */

/* Call it when the content is complete: the file gets its name; a directory stays. */
int destination_keep(struct destination *d, struct error *err);

/* Writes T, which is all of it, and keeps it. */
int destination_put(struct destination *d, struct text t, struct error *err);

/* The same with "sha256:…". D may be NULL: nobody asked for it. */
int destination_put_digest(struct destination *d, const struct digest *digest,
                           struct error *err);

/* Opens PATH (of OPTION) for a short text, and puts T there. */
int destination_put_at(const char *option, const char *path, struct text t,
                       struct error *err);

/* Closes it. If it was not kept, nothing remains: no temporary file, no empty directory.
 * Takes NULL. */
void destination_drop(struct destination *d);

const char *destination_shown(const struct destination *d); /* option and path */
bool destination_is_stdout(const struct destination *d);

/* Whether A and B conflict: both are the same file. Devices do not conflict, nor do two
 * short texts to the same stream. */
bool destination_clash(const struct destination *a, const struct destination *b);

/* The files of D on disk: the existing file, and those made for it. */
struct destination_file {
	dev_t dev;
	ino_t ino;
	const char *name; /* borrowed from D */
	bool is_made;
};
struct destination_files {
	ARRAY(struct destination_file) list;
};

/* Gives nothing for an inherited descriptor and for a directory that existed before. The
 * caller clears OUT's list. */
void destination_files(const struct destination *d, struct destination_files *out);

/* Whether D is in or below the directory DIR; whether the directory DIR is in or below
 * D. */
bool destination_is_below(const struct destination *d, const struct stat *dir);
bool destination_holds(const struct destination *d, const char *dir);

#endif
