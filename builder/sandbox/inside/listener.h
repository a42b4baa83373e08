/*
 * listener: sends the descriptor of a seccomp filter to the supervisor that answers
 * it. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_LISTENER_H
#define BUILDER_SANDBOX_INSIDE_LISTENER_H

/* Sends or receives a listener, or another descriptor, over a socket. A received
 * descriptor is close-on-exec. -1 also if the other end closed without sending. */
int listener_send(int socket_fd, int fd);
int listener_receive(int socket_fd);

#endif
