/*
 * proc_path: which path of ours stands for one that a step asks for. System
 * calls only.
 */
#ifndef BUILDER_SANDBOX_PROC_PATH_H
#define BUILDER_SANDBOX_PROC_PATH_H

#include "builder/sandbox/proc_server.h"

/* Longer ones are no paths of /proc or /dev. */
#define PROC_PATH_MAX 256

enum proc_path_kind {
	PROC_PATH_OTHER,  /* not ours to answer */
	PROC_PATH_OWN,    /* of a process of the step */
	PROC_PATH_SYSTEM, /* read-only */
	PROC_PATH_DEVICE,
	PROC_PATH_NONE, /* is not there for the step */
};

/* What PATH means to thread TID of the step. FOLLOWS: a link at its end is followed.
 * The path to use instead goes to OUT. */
enum proc_path_kind proc_path(const struct proc_server *s, pid_t tid, const char *path,
                              bool follows, char out[PROC_PATH_MAX]);

/* The parent of process or thread PID, 0 if there is none. */
pid_t proc_parent(pid_t pid);

/* Whose rights on files thread TID has; false if it is gone. */
bool proc_rights(pid_t tid, uid_t *uid, gid_t *gid);

/* The process that thread TID belongs to, 0 if there is none. */
pid_t proc_of_thread(pid_t tid);

#endif
