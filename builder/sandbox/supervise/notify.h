/*
 * notify: receives and answers the system calls that a seccomp filter passes to a
 * supervisor. System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_NOTIFY_H
#define BUILDER_SANDBOX_SUPERVISE_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "builder/sandbox/supervise/proc_process.h"

/* A call to answer. */
struct notification {
	int listener_fd;
	uint64_t id;
	pid_t tid;
	int number;
	uint64_t args[6];
	uid_t uid; /* owner of the caller as /proc shows it, see notify_owner() */
	gid_t gid;
	int proc_fd; /* of a /proc in which TID is valid */
};

/* Makes caller and supervisor run on one CPU, one after the other, if the kernel can. */
void notify_hurry(int listener_fd);

/* Waits for a call. Returns 1, 0 if the call is gone again, -1 if no caller is left.
 * PROC_FD is borrowed. */
int notify_receive(int listener_fd, int proc_fd, struct notification *out);

/* Lets the call continue unchanged. */
void notify_let(const struct notification *a);

/* Makes the call return VALUE, or, if VALUE is negative, fail with errno. */
void notify_answer(const struct notification *a, int64_t value);

/* Finds the owner. */
void notify_owner(struct notification *a);

/* Reads the caller's memory; returns the number of bytes or -1. */
ssize_t notify_peek(struct notification *a, uint64_t at, void *bytes, size_t n);
int notify_poke(struct notification *a, uint64_t at, const void *bytes, size_t n);

/* The text at AT if it is shorter than SIZE. */
bool notify_peek_text(struct notification *a, uint64_t at, char *out, size_t size);

/* The same for a call that changes nothing: the text may be that of another process if the
 * caller is gone. Whatever answers the caller fails then. */
bool notify_look_text(struct notification *a, uint64_t at, char *out, size_t size);

/* A copy of FD in the caller, with O_CLOEXEC if CLOSES: its number there, or -1. */
int notify_give(const struct notification *a, int fd, bool closes);

/* Gives the caller a copy of FD like notify_give(), and makes the call return its number.
 * -1 with errno: there is no answer yet. */
int notify_answer_fd(const struct notification *a, int fd, bool closes);

/* Gives this thread the file access rights of UID and GID. */
void notify_become(uid_t uid, gid_t gid);

/* From now on this thread acts with the rights R, or again with all its own rights. False
 * on failure. */
bool notify_act_as(const struct proc_rights *r);
void notify_act_as_self(void);

/* True if the caller still waits, so its TID has not been reused. */
bool notify_is_current(const struct notification *a);

/* Opens NAME of the caller's directory in /proc. */
int notify_open_proc(const struct notification *a, const char *name, int flags);

#endif
