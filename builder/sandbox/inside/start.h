/*
 * start: starts a step's program, from the clone of its process to its exec. System calls
 * only; failures go to the recipe's report.
 */
#ifndef BUILDER_SANDBOX_INSIDE_START_H
#define BUILDER_SANDBOX_INSIDE_START_H

#include "builder/sandbox/inside/device_gate.h"
#include "builder/sandbox/inside/recipe.h"

/* Starts the main process. Returns its id when the program is executed, or -1 with
 * the report filled. The gate then has a listener, or is closed. */
pid_t start_program(struct recipe *recipe, const int *fds, struct device_gate *gate);

/* The descriptor to the supervisor, in a program's process before exec. */
#define START_SOCKET 3

/* The one from which its prober takes requests (prober.h). */
#define START_PROBER 4

/* Steps on the way to a program; the last two fill the report when they fail. */
void start_set_limits(const struct recipe *recipe);
void start_set_descriptors(const struct recipe *recipe, const int *fds, int keep_fd);

/* A descriptor from which there is nothing to read: the /dev/null of the root, or the end
 * of a pipe. -1 with errno. */
int start_empty_input(void);

/* Makes the recipe's working directory if it is missing, and enters it. The current
 * root must be the step's. A directory outside it is refused. */
int start_enter_cwd(struct recipe *recipe);

/* The same below ROOT_FD. */
int start_enter_cwd_in(struct recipe *recipe, int root_fd);
int start_set_ids(struct recipe *recipe);

#endif
