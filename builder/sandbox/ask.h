/*
 * ask: system calls that a filter hands over to a supervisor, and the means to
 * answer them. System calls only.
 */
#ifndef BUILDER_SANDBOX_ASK_H
#define BUILDER_SANDBOX_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "builder/sandbox/proc_process.h"

/* A call at hand. */
struct asked {
	int listener_fd;
	uint64_t id;
	pid_t tid;
	int number;
	uint64_t args[6];
	uid_t uid; /* owner of the caller as /proc shows it, see ask_owner() */
	gid_t gid;
	int proc_fd; /* of a /proc that has TID under that number */
};

/* Hands a listener, or another descriptor, over a socket; received, it is
 * close-on-exec. -1 also if the other end was closed without one. */
int ask_send_listener(int socket_fd, int fd);
int ask_receive_listener(int socket_fd);

/* Caller and supervisor run on one CPU, one after the other, if the kernel can. */
void ask_hurry(int listener_fd);

/* Waits for a call: 1, 0 it is gone again, -1 there is nobody left to ask. PROC_FD
 * is borrowed. */
int ask_receive(int listener_fd, int proc_fd, struct asked *out);

/* The call is made as if nobody had been asked. */
void ask_let(const struct asked *a);

/* VALUE, or if that is negative errno, is what the call returns. */
void ask_answer(const struct asked *a, int64_t value);

/* Finds the owner. */
void ask_owner(struct asked *a);

/* Of the caller's memory; the number of bytes or -1. */
ssize_t ask_peek(struct asked *a, uint64_t at, void *bytes, size_t n);
int ask_poke(struct asked *a, uint64_t at, const void *bytes, size_t n);

/* The text at AT if it is shorter than SIZE. */
bool ask_peek_text(struct asked *a, uint64_t at, char *out, size_t size);

/* A copy of FD in the caller, with O_CLOEXEC if CLOSES: its number there, or -1. */
int ask_give(const struct asked *a, int fd, bool closes);

/* Rights on files of this thread are those of UID and GID. */
void ask_become(uid_t uid, gid_t gid);

/* From here on this thread acts with the rights R, or again with all it has. False: it
 * could not. */
bool ask_act_as(const struct proc_rights *r);
void ask_act_as_self(void);

/* The caller waits still: its number has not become another one's. */
bool ask_is_current(const struct asked *a);

/* Opens NAME of the caller's directory in /proc. */
int ask_open_proc(const struct asked *a, const char *name, int flags);

#endif
