/*
 * trap_proc: paths of /proc, which the step's tree does not have. System calls only.
 */
#ifndef BUILDER_SANDBOX_TRAP_TRAP_PROC_H
#define BUILDER_SANDBOX_TRAP_TRAP_PROC_H

#include "builder/sandbox/trap/trap_place.h"

/* Whether the caller's root has a /proc. */
static inline bool
trap_has_proc(const struct trap_call *c)
{
	return trap_root_of(c) == &c->trap->roots[0];
}

/* Whether the path is one of /proc: then START has it as the absolute path. FOLLOWS: a
 * link at its end is followed. */
bool trap_is_in_proc(const struct trap_call *c, struct trap_start *start, bool follows);

/* Opens PATH, absolute, with O_PATH if it leads out of /proc: to a file of the step or
 * to a pipe of the caller. -1 with errno; EREMOTE: it stays in /proc. */
int trap_open_in_proc(const struct trap_call *c, const char *path, bool follows);

/* Answers a call about a file in /proc. */
int trap_in_proc(struct trap_call *c, const char *path, int64_t *value);

#endif
