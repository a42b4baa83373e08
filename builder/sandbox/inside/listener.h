/*
 * listener: the descriptor through which a filter asks a supervisor, on its way to
 * that. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_LISTENER_H
#define BUILDER_SANDBOX_INSIDE_LISTENER_H

/* Hands a listener, or another descriptor, over a socket; received, it is
 * close-on-exec. -1 also if the other end was closed without one. */
int listener_send(int socket_fd, int fd);
int listener_receive(int socket_fd);

#endif
