/*
 * stopper: signals on their way to a program, and the end of its patience: after the
 * first signal that means "end", the program has some time; then, or at a second one, it
 * is killed.
 */
#ifndef BUILDER_RUN_STOPPER_H
#define BUILDER_RUN_STOPPER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct stopper {
	pthread_mutex_t lock;
	int signals_fd; /* what the sandbox reads: a byte is a signal's number */
	int write_fd, stop_fd;
	int64_t grace_ns;
	bool is_ending;
	pthread_t timer;
};

int stopper_open(struct stopper *s, int64_t grace_ns, struct error *err);

/* Any thread. */
void stopper_signal(struct stopper *s, int number);

/* The same for a signal that means "end" whatever its number is. */
void stopper_end(struct stopper *s, int number);
void stopper_close(struct stopper *s);

#endif
