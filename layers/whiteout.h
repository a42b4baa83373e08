/*
 * whiteout: marks for "deleted here", in their two formats.
 *
 *	                     in a tar (image-spec)    in a directory (overlayfs)
 *	path is deleted      .wh.NAME, empty file     character device 0:0, or an empty
 *	                                              file with xattr overlay.whiteout
 *	nothing from below   .wh..wh..opq in the      xattr overlay.opaque=y
 *	                     directory
 *	aufs housekeeping    .wh..wh.*                -
 *
 * Attributes are written in the user.overlay. namespace (mount option
 * userxattr) and read in trusted.overlay. too.
 */
#ifndef LAYERS_WHITEOUT_H
#define LAYERS_WHITEOUT_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"

#define WHITEOUT_PREFIX      ".wh."
#define WHITEOUT_OPAQUE_NAME ".wh..wh..opq"

enum whiteout_kind {
	WHITEOUT_NONE,         /* an ordinary name */
	WHITEOUT_PATH,         /* target is deleted */
	WHITEOUT_OPAQUE,       /* directory target hides what is below it */
	WHITEOUT_HOUSEKEEPING, /* of aufs: means nothing, to be skipped */
	WHITEOUT_BAD,          /* ".wh." in an inner component, ".wh..", … */
};

/* What the clean path PATH in a tar marks. *TARGET (for PATH and OPAQUE) is
 * written to STORAGE, whose old content is lost. */
enum whiteout_kind
whiteout_parse(struct text path, struct buf *storage, struct text *target);

/* The tar name that marks PATH as deleted, appended to OUT. */
void whiteout_print(struct text path, struct buf *out);

/* True if NAME in DIR_FD, which is ST, is a mark of overlayfs. */
bool whiteout_is_mark(int dir_fd, const char *name, const struct stat *st);

/* True if the directory at FD hides what is below it. */
bool whiteout_is_opaque(int fd);

/* Checks a file that a program named NAME, in the directory DIR_FD at PATH. If the name
 * is that of a whiteout, which would delete another file in a tar, removes it with
 * everything below it and warns; the directory's times stay. Returns 1 if removed, 0 for
 * other names, or -1. */
int whiteout_drop_name(int dir_fd, const char *name, struct text path, struct error *err);

/* True for a character device 0:0, which overlayfs would take as a whiteout. */
bool whiteout_is_device(uint32_t major_number, uint32_t minor_number);

/* The same for such a device, NAME, which is ST. */
int whiteout_drop_device(int dir_fd, const char *name, const struct stat *st,
                         struct text path, struct error *err);

/* Makes the marks; -1 with errno set. */
int whiteout_make(int dir_fd, const char *name);
int whiteout_make_opaque(int fd);

/* Adds to ERR what the user can do after one of them failed with SYS. Always -1. */
int whiteout_advise(int sys, struct error *err);

#endif
