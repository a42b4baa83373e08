/*
 * proc_path: translates a path of the step into a path of ours. System calls
 * only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_PROC_PATH_H
#define BUILDER_SANDBOX_SUPERVISE_PROC_PATH_H

#include "builder/sandbox/supervise/proc_server.h"

/* Longer paths are not in /proc or /dev. */
#define PROC_PATH_MAX 256

enum proc_path_kind {
	PROC_PATH_OTHER,  /* not answered by us */
	PROC_PATH_OWN,    /* of a process of the step */
	PROC_PATH_SYSTEM, /* read-only */
	PROC_PATH_DEVICE,
	PROC_PATH_NONE, /* does not exist for the step */
};

/* Translates PATH of the step's thread TID. FOLLOWS: a link at its end is followed. OUT
 * gets the path to use. */
enum proc_path_kind proc_path(const struct proc_server *s, pid_t tid, const char *path,
                              bool follows, char out[PROC_PATH_MAX]);

/* Whether process or thread PID is one of the step's. */
bool proc_path_is_of_step(const struct proc_server *s, pid_t pid);

/* The same for the process whose directory of /proc is DIR_FD. */
bool proc_path_is_of_step_at(const struct proc_server *s, int dir_fd);

/* Whether the step sees NAME in /proc itself. */
bool proc_path_is_listed(const struct proc_server *s, const char *name);

#endif
