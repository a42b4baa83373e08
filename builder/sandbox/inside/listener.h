/*
 * listener: sends the descriptor of a seccomp filter to the process that answers it,
 * receives calls and answers them. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_LISTENER_H
#define BUILDER_SANDBOX_INSIDE_LISTENER_H

#include <stdint.h>
#include <sys/types.h>

/* Sends or receives a listener, or another descriptor, over a socket. A received
 * descriptor is close-on-exec. -1 also if the other end closed without sending. */
int listener_send(int socket_fd, int fd);
int listener_receive(int socket_fd);

/* Sends, by a call that the filter lets pass because of its COOKIE, see filter.h. */
int listener_send_as(int socket_fd, int fd, uint64_t cookie);

struct listener_call {
	uint64_t id;
	pid_t tid;
	int number;
	uint64_t args[6];
};

/* Waits for a call: 1; 0 if the caller is gone; -1 if no process has the filter. */
int listener_next(int fd, struct listener_call *out);

/* The call returns VALUE, or -ERROR if ERROR is not 0. -1 with errno: ENOENT if the caller
 * is gone. */
int listener_reply(int fd, uint64_t id, int64_t value, int error);

/* The kernel carries out the call. -1 with errno: EINVAL before Linux 5.5. */
int listener_let(int fd, uint64_t id);

#endif
