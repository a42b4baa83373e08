/*
 * process: helper programs (git, newuidmap, credential helpers) run to their
 * end. Started by posix_spawn/vfork, never by a fork of the whole process;
 * the argument vector never carries secrets.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stddef.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"

struct process {
	const char *const *argv;     /* argv[0] is looked up in PATH */
	const char *const *env;      /* NULL: inherit */
	int dir_fd;                  /* working directory, or -1 */
	struct text input;           /* bytes for standard input */
	size_t output_max;           /* more bytes on either stream is an error */
	const struct cancel *cancel; /* NULL: not cancellable */
	int timeout_s;               /* it is killed after this time; 0: no limit */
};

/* Runs P; *STATUS is the wait(2) status. Standard output is appended to OUT,
 * standard error to LOG (either may be NULL: discarded). -1 if it could not be
 * started, was cancelled or took too long (then it is killed and reaped), or printed too
 * much. */
int process_run(const struct process *p, struct buf *out, struct buf *log, int *status,
                struct error *err);

#endif
