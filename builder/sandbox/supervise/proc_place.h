/*
 * proc_place: opens the target of a path of /proc or /dev with O_PATH, and decides what a
 * step may do with it. The supervisor sees more than the step, so it judges the opened
 * file, not the path that it checked before. System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_PROC_PLACE_H
#define BUILDER_SANDBOX_SUPERVISE_PROC_PLACE_H

#include <limits.h>

#include "builder/sandbox/supervise/proc_path.h"

enum proc_place_kind {
	PROC_PLACE_CLOSED, /* the step may only stat it */
	PROC_PLACE_LISTED, /* a directory of /proc: its ".." leads to the machine's root */
	PROC_PLACE_COPIED,  /* a public file: the step may have its content */
	PROC_PLACE_DEVICE,  /* may be opened, not changed */
	PROC_PLACE_ITS_OWN, /* of the step: its files, pipes, what /proc says of it */
};

struct proc_place {
	int fd; /* O_PATH */
	enum proc_place_kind kind;
};

/* Opens PATH of ours, which is of KIND for thread TID, with the rights that this thread
 * has now. Without FOLLOWS, opens a link at its end itself. -1 with errno. */
int proc_place_open(const struct proc_server *s, pid_t tid, enum proc_path_kind kind,
                    const char *path, bool follows, struct proc_place *out);

/* Opens /dev/tty for thread TID: the step's terminal, if its session has it. -1 with
 * errno. */
int proc_place_open_terminal(const struct proc_server *s, pid_t tid, int flags);

/* Writes the name of FD in this process to OUT. */
#define PROC_PLACE_NAME 40
const char *proc_place_name(int fd, char out[PROC_PLACE_NAME]);

/* Turns TARGET, a name of N bytes in our view, into the step's view: removes the part
 * above its root, in place. Returns the new number of bytes. */
size_t proc_place_name_inside(const struct proc_server *s, char *target, size_t n);

#endif
