/*
 * output: passes on a program's output until the program has ended.
 */
#ifndef BUILDER_SANDBOX_OUTPUT_H
#define BUILDER_SANDBOX_OUTPUT_H

#include "builder/sandbox/sandbox.h"

struct output {
	int out_fd, err_fd; /* -1 after their end */
	int end_fd;         /* hangs up when the first process has ended */
	int signals_fd;     /* see struct sandbox_foreground, or -1 */
	void (*deliver)(void *arg, int number);
	void *deliver_arg;
	sandbox_log_fn *log;
	void *log_arg;
};

/* Waits for the end. Returns 0, or -1 if cancelled or failed (then the caller kills). */
int output_pump(struct output *o, const struct cancel *cancel, struct error *err);

/* Reads the rest of the pipes when all processes are gone. Does not wait, because the
 * program may have passed its end of a pipe to a process outside. */
void output_drain(struct output *o);

#endif
