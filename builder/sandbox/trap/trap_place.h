/*
 * trap_place: finds what a path of the caller names, as if the step's tree (or what it
 * gave to chroot) were its root. No path leads out of it. System calls only.
 */
#ifndef BUILDER_SANDBOX_TRAP_TRAP_PLACE_H
#define BUILDER_SANDBOX_TRAP_TRAP_PLACE_H

#include <limits.h>

#include "builder/sandbox/trap/trap.h"

/* Where a path starts. */
struct trap_start {
	int dir_fd;            /* of the caller, or AT_FDCWD */
	char path[PATH_MAX];   /* "": DIR_FD itself */
	char absolute[PATH_MAX]; /* the same from the caller's root; "" if not yet known */
	bool is_missing; /* was looked for: there is not even a link of that name */
};

/* Begins at DIR_FD of the caller (or AT_FDCWD) with PATH, shorter than PATH_MAX. */
void trap_start_at(int dir_fd, const char *path, struct trap_start *out);

/* Reads the path of C's argument PATH for the directory of argument DIR. -1 with errno. */
int trap_start(const struct trap_call *c, int8_t dir, int8_t path, struct trap_start *out);

/* Fills the absolute path: that of the directory, and the path below it. -1 with errno. */
int trap_make_absolute(const struct trap_call *c, struct trap_start *start);

/* If the path is a single name, or none: writes its path in our /proc to OUT. Without a
 * name, that is a link to the very file; with one, a link there must not be followed. The process may be gone, and the path be about another: what was found with
 * it counts only if notify_is_current() says so afterwards. */
#define TRAP_QUICK_MAX (64 + NAME_MAX)
bool trap_quick_path(const struct trap_call *c, const struct trap_start *start,
                     char out[TRAP_QUICK_MAX]);

/* The directory of the last name of an absolute path: a descriptor that is ours until the
 * next path, or -1 with errno. *NAME: the last name, in PATH; NULL if it is none, or if the
 * path has to be opened as a whole. */
int trap_quick_dir(const struct trap_call *c, const char *path, const char **name);

/* Whether the caller has the descriptor DIR_FD, or it is AT_FDCWD. */
bool trap_has_dir(const struct trap_call *c, int dir_fd);

/* Opens it with O_PATH. Without FOLLOWS, a link at its end itself. FLAGS: O_DIRECTORY.
 * -1 with errno; EREMOTE: it is in /proc, and START has the absolute path. */
int trap_open_place(const struct trap_call *c, struct trap_start *start, bool follows,
                    int flags);

/* Opens the directory of its last name with O_PATH. *NAME is the last name, in START; it
 * may have a slash at its end. */
int trap_open_parent(const struct trap_call *c, struct trap_start *start,
                     const char **name);

/* Replaces the path by the target of the link that it names. -1 with errno. */
int trap_follow(const struct trap_call *c, struct trap_start *start);

/* The same; the link is NAME in DIR_FD, or with the name "" DIR_FD itself. */
int trap_follow_at(const struct trap_call *c, struct trap_start *start, int dir_fd,
                   const char *name);

/* A descriptor of the caller, with O_PATH. */
int trap_open_descriptor(const struct trap_call *c, int fd);

/* Gives the caller a descriptor of the directory FD, which may be opened with O_PATH:
 * its number there, or -1 with errno. Such descriptors themselves cannot be given. */
int trap_give_dir(const struct trap_call *c, int fd);

/* Opens GUEST, a path from the caller's root, with O_PATH; links are followed. */
int trap_open_guest(const struct trap_call *c, const char *guest);

/* The path of FD of ours from the caller's root, or -1 with errno: not below it. */
int trap_name_inside(const struct trap_call *c, int fd, char out[PATH_MAX]);

/* … from the tree. */
int trap_name_in_tree(const struct trap *t, int fd, char out[PATH_MAX]);

#endif
