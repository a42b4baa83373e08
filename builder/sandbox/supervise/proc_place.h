/*
 * proc_place: what a path of /proc or /dev leads to, held open without rights, and what
 * of it a step may have. The supervisor sees more than the step: what it opens counts,
 * not what it looked at before. System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_PROC_PLACE_H
#define BUILDER_SANDBOX_SUPERVISE_PROC_PLACE_H

#include <limits.h>

#include "builder/sandbox/supervise/proc_path.h"

enum proc_place_kind {
	PROC_PLACE_CLOSED,  /* what it is may be told, no more */
	PROC_PLACE_LISTED,  /* a directory of /proc: above it is the machine's root */
	PROC_PLACE_COPIED,  /* a file of all: its content may be had */
	PROC_PLACE_DEVICE,  /* may be opened, not changed */
	PROC_PLACE_ITS_OWN, /* of the step: its files, pipes, what /proc says of it */
};

struct proc_place {
	int fd; /* O_PATH */
	enum proc_place_kind kind;
};

/* Opens PATH of ours, which is of KIND for thread TID; a link at its end is held itself
 * unless FOLLOWS. As whoever this thread acts for. -1 with errno. */
int proc_place_open(const struct proc_server *s, pid_t tid, enum proc_path_kind kind,
                    const char *path, bool follows, struct proc_place *out);

/* The name that FD has for this process, into OUT. */
#define PROC_PLACE_NAME 40
const char *proc_place_name(int fd, char out[PROC_PLACE_NAME]);

/* TARGET, a name of N bytes as we see it, as the step does: without what is above its
 * root. Moves it in place; the new number of bytes. */
size_t proc_place_name_inside(const struct proc_server *s, char *target, size_t n);

#endif
