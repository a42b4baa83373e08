/*
 * trap_proc: paths of /proc, which the step's tree does not have. System calls only.
 */
#ifndef BUILDER_SANDBOX_TRAP_TRAP_PROC_H
#define BUILDER_SANDBOX_TRAP_TRAP_PROC_H

#include "builder/sandbox/trap/trap.h"

/* Opens PATH, absolute, with O_PATH if it leads out of /proc: to a file of the step or
 * to a pipe of the caller. -1 with errno; EREMOTE: it stays in /proc. */
int trap_open_in_proc(const struct trap_call *c, const char *path, bool follows);

/* Answers a call about a file in /proc. */
int trap_in_proc(struct trap_call *c, const char *path, int64_t *value);

#endif
