/*
 * trap_new: what a new entry gets: the caller's owner, and its mode without the bits of
 * the caller's umask. System calls only.
 */
#ifndef BUILDER_SANDBOX_TRAP_TRAP_NEW_H
#define BUILDER_SANDBOX_TRAP_TRAP_NEW_H

#include "builder/sandbox/trap/trap.h"

struct trap_new {
	struct stat image; /* type, mode, owner, device */
	mode_t disk;       /* the mode on the disk */
};

/* For an entry of MODE, with its type, in PARENT_FD. */
void trap_new(const struct trap_call *c, int parent_fd, mode_t mode,
              struct trap_new *out);

/* Notes what the disk does not have. FD is the new entry, perhaps with O_PATH. -1 with
 * errno. */
int trap_new_note(const struct trap_new *new, int fd);

/* The same for NAME in PARENT_FD. */
int trap_new_note_at(const struct trap_new *new, int parent_fd, const char *name);

#endif
