/*
 * child: what a sandbox's processes do between clone and exec.
 *
 *	first process    mounts, root, network, keyring        → becomes init (ns)
 *	main process     descriptors, limits, filter, ids      → execs the program
 *
 * System calls only; all that is needed is in the plan, failures are noted in
 * its report.
 */
#ifndef BUILDER_SANDBOX_CHILD_H
#define BUILDER_SANDBOX_CHILD_H

#include <stddef.h>

#include "builder/sandbox/plan.h"

/* The first process of a sandbox, from its first instruction to its end. */
_Noreturn void child_main(struct plan *plan, const int *fds, size_t n);

/* Starts the main process; its id, or -1 with the report filled. Returns when
 * the program is executed. */
pid_t child_start_program(struct plan *plan, const int *fds);

int child_close_from(int first);

/* Gives N (at most 8) descriptors the numbers from FIRST on, and closes all others above.
 */
int child_keep(int first, const int *fds, int n);

/* Where a program's process has its way to a supervisor until it is executed. */
#define CHILD_SOCKET 3

/* Steps on the way to a program; the last two fill the report when they fail. */
void child_set_limits(const struct plan *plan);
void child_set_descriptors(const struct plan *plan, const int *fds, int keep_fd);

/* Makes the plan's working directory if it is missing, and enters it. The root must be
 * the step's. A directory that is not below it is refused. */
int child_enter_cwd(struct plan *plan);
int child_set_ids(struct plan *plan);

#endif
