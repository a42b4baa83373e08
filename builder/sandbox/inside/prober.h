/*
 * prober: a process beside a program that runs another one on request, with the same
 * root, ids, capabilities, filter, directory and environment: health checks.
 *
 *	builder → prober   one byte with a descriptor: a pipe for the probe's output
 *	prober → builder   an int: the status of wait(2), or PROBER_TIMED_OUT
 *
 * It comes from the program's process, right before that executes the program, and so
 * has no more rights than the program. It is nobody's child there: the sandbox's first
 * process inherits it, and ends it with all others. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_PROBER_H
#define BUILDER_SANDBOX_INSIDE_PROBER_H

#include "builder/sandbox/inside/recipe.h"

#define PROBER_TIMED_OUT (-1)

/* Starts it; it talks through START_PROBER, which is closed here. ENV: of the program,
 * and so of the probes. -1 with errno. */
int prober_start(struct recipe *recipe, char **env);

#endif
