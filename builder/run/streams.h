/*
 * streams: the standard streams of a program, connected to our own.
 *
 * A pipe of ours is the program's as it is. Anything else – a file, a terminal, a device,
 * a socket – is connected by a pipe and a thread that moves the bytes: a program may open
 * its streams again through /proc, with other access than we have, and change owners and
 * modes of what is behind them.
 */
#ifndef BUILDER_RUN_STREAMS_H
#define BUILDER_RUN_STREAMS_H

#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"

struct relay {
	int from, to;
	bool owns_from, owns_to;
	bool is_started;
	int stop_fd; /* borrowed */
	int sys;     /* errno of a failed write, or 0 */
	pthread_t thread;
};

/* Descriptors are -1 if not open. */
struct streams {
	int in_fd, out_fd, err_fd; /* the program's ends; owned */
	int stop_fd;
	struct relay in, out, err;
};

#define STREAMS_INIT                                                                     \
	{                                                                                \
		.in_fd = -1, .out_fd = -1, .err_fd = -1, .stop_fd = -1                   \
	}

/* TAKES_INPUT: standard input even if it is a terminal. */
int streams_open(struct streams *s, bool takes_input, struct error *err);

/* Call it when the program has ended: moves what is left, then returns 0, or -1 if
 * standard output or error could not be written to (but for a reader who left). */
int streams_finish(struct streams *s, struct error *err);
void streams_clear(struct streams *s);
#define auto_streams __attribute__((cleanup(streams_clear)))

#endif
