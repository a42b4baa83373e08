/*
 * watch: what supervisors without a PID namespace share, from their start to the end of the
 * step. They are told of the program's listener by a socket, answer its calls, and end all
 * when the program has ended, when the builder is gone, and at SIGTERM. System calls
 * only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_WATCH_H
#define BUILDER_SANDBOX_SUPERVISE_WATCH_H

#include "builder/sandbox/inside/recipe.h"

/* What is watched, and what the supervisor does in its own way. */
struct watch {
	struct recipe *recipe;
	pid_t program;
	int socket_fd;   /* our end of the program's START_SOCKET */
	int listener_fd; /* -1 until it has come */
	int signal_fd;
	int events_fd; /* epoll, of all but the listener */
	void *arg;
	/* Receives a call and answers it. -1 when no caller is left. */
	int (*answer)(void *arg, int listener_fd);
	/* Handles a status of wait4(); or NULL. False if it may be the program's end. */
	bool (*has_taken)(void *arg, pid_t pid, int status);
	/* Whether look() has to be called while nothing happens; both NULL or not. */
	bool (*has_waiting)(const void *arg);
	void (*look)(void *arg);
};

/* The start of a supervisor: it gets a guard (guard.h), and orphans of the step will be its
 * children. -1 with the report filled. */
int watch_begin(struct recipe *recipe);

/* Watches to the end, which is the end of this process. */
_Noreturn void watch(struct watch *w);

#endif
