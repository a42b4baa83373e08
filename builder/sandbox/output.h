/*
 * output: hands on what a program prints, until it has ended.
 */
#ifndef BUILDER_SANDBOX_OUTPUT_H
#define BUILDER_SANDBOX_OUTPUT_H

#include "builder/sandbox/sandbox.h"

struct output {
	int out_fd, err_fd; /* -1 once at their end */
	int end_fd;         /* hangs up when the first process has ended */
	sandbox_log_fn *log;
	void *log_arg;
};

/* Waits for the end. 0, or -1 cancelled or failed (then the caller kills). */
int output_pump(struct output *o, const struct cancel *cancel, struct error *err);

/* What is in the pipes when all processes are gone. Does not wait: the program
 * may have given its end to somebody outside. */
void output_drain(struct output *o);

#endif
