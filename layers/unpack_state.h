/*
 * unpack_state: inside of an unpacker, and what all kinds of entries need: messages,
 * owner, mode, time, and what is in the way.
 *
 *	unpack.c ──► unpack_file.c ──► unpack_state.c
 */
#ifndef LAYERS_UNPACK_STATE_H
#define LAYERS_UNPACK_STATE_H

#include <sys/stat.h>

#include "base/array.h"
#include "base/draft.h"
#include "layers/owner.h"
#include "layers/owner_notes.h"
#include "layers/same_file.h"
#include "layers/unpack.h"
#include "layers/xattrs.h"

/* A directory on the way to the place we are at. Its final mode and time are
 * set when it is left: a mode may forbid making children, which change the time. */
struct frame {
	int fd;
	size_t path_n;       /* its path: that many bytes of unpacker.path */
	mode_t mode, wanted; /* as it is now, as it shall be */
	gid_t gid;           /* what new files in it get by themselves */
	struct timespec mtime;
	bool fix_mtime;
};

enum warned { WARNED_OWNER = 1, WARNED_DEVICE = 2, WARNED_CAPABILITY = 4 };

struct unpacker {
	int root_fd;
	unsigned flags;
	uid_t uid; /* what new files get by themselves */
	gid_t gid;
	mode_t umask;
	bool always_chown;
	bool is_noted;   /* notes have what this user may not make (owner_notes.h) */
	unsigned warned; /* bits of enum warned */

	struct buf path;            /* of the directory we are in */
	ARRAY(struct frame) frames; /* [0] is the root */
	struct buf name, link;      /* NUL-terminated copies for system calls */

	int file_fd;           /* the file that gets content, or -1 */
	struct draft draft;    /* of it, in a directory of a user */
	struct same_file same; /* or what is there and equals it so far */
	struct entry file;     /* its metadata, with these for texts */
	struct buf file_path;
	struct capability capability;
	mode_t file_mode; /* as created */
	bool has_hole;
};

/* The directory we are in. */
static inline struct frame *
unpack_top(struct unpacker *u)
{
	return &u->frames.at[u->frames.n - 1];
}

/* -1 with ERR: the archive is at fault; a system call failed (errno). */
int unpack_refuse(const struct entry *e, const char *what, struct error *err);
int unpack_failed(const struct entry *e, const char *doing, struct error *err);
void unpack_warn_once(struct unpacker *u, enum warned kind, const struct entry *e,
                      const char *what);

/* The owner of FD (NAME NULL) or of NAME in it, or all notes: 1 if it is right now, 0 if it
 * may not be set, -1. IS_NEW: it has no notes. */
int unpack_set_owner(struct unpacker *u, int fd, const char *name, const struct entry *e,
                     bool is_new, struct error *err);

/* The mode that the disk gets for E: a set-id bit for a wrong owner is worse than none. */
mode_t unpack_mode(const struct unpacker *u, const struct entry *e, int owner_is_right);

/* Of FD (NAME NULL) or of NAME in it. -1 with errno. */
int unpack_set_mtime(int fd, const char *name, struct timespec mtime);
struct timespec unpack_seconds(int64_t s);

mode_t unpack_type(const struct entry *e); /* S_IF… of what is not a hard link */

/* Whether NAME, where we are, may be replaced by E. 0, or -1 with ERR. */
int unpack_check_users(struct unpacker *u, const char *name, const struct entry *e,
                       struct error *err);

/* Removes NAME, which is in the way of E, with everything below it. */
int unpack_replace(struct unpacker *u, const char *name, const struct entry *e,
                   struct error *err);

/* ------------------------------------------------------------ unpack_file.c */

/* E, a regular file named NAME where we are, gets its content now; and has all of it. */
int unpack_make_file(struct unpacker *u, const char *name, const struct entry *e,
                     struct error *err);
int unpack_finish_file(struct unpacker *u, struct error *err);

#endif
