/*
 * guard: a process above a supervisor. If the supervisor is killed, the orphans of its step
 * fall to the guard, which ends them. If the guard is killed, the supervisor gets SIGTERM.
 * System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_GUARD_H
#define BUILDER_SANDBOX_SUPERVISE_GUARD_H

/* Clones the supervisor, to which it returns; the calling process becomes its guard, and
 * ends in here with its status. Signals are passed on. -1 with errno. */
int guard_split(void);

#endif
