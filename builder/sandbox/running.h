/*
 * running: one run, from the request to the spawner to the end of its processes.
 */
#ifndef BUILDER_SANDBOX_RUNNING_H
#define BUILDER_SANDBOX_RUNNING_H

#include <sys/resource.h>

#include "builder/sandbox/inside/recipe.h"
#include "builder/sandbox/limits.h"
#include "builder/sandbox/memory.h"
#include "builder/sandbox/recipe_draft.h"
#include "builder/sandbox/sandbox.h"

/* One run. Descriptors are -1 if not open. */
struct running {
	struct recipe *recipe;
	int memory_fd;
	int out_fd, out_end; /* ours, the program's */
	int err_fd, err_end;
	int in_end;
	int report_fd, report_end;
	bool is_asked_to_end; /* by SIGTERM, because it must end others first */
	bool is_waited_for;   /* we must wait for its end, to remove a control group */
	pid_t pid;            /* of the first process; 0: none, or reaped */
	int status;
	struct rusage usage;
	struct memory_state memory; /* before it began */
};

#define RUNNING_INIT                                                                     \
	{                                                                                \
		.memory_fd = -1, .out_fd = -1, .out_end = -1, .err_fd = -1,              \
		.err_end = -1, .in_end = -1, .report_fd = -1, .report_end = -1           \
	}

/* Seals D, the recipe of R, and starts it. Afterwards RUN has the process, also on
 * failure. CGROUP may have no group. */
int running_start(const struct sandbox *sb, const struct sandbox_run *r,
                  struct recipe_draft *d, struct running *run,
                  const struct cgroup *cgroup, struct error *err);

/* Waits for the end of all its processes. -1 if the program was not started, or
 * cancelled. */
int running_attend(const struct sandbox *sb, const struct sandbox_run *r,
                   struct running *run, struct error *err);
void running_result(const struct running *run, const struct cgroup *cgroup,
                    int64_t started_ns, struct sandbox_result *result);

/* Ends all processes: when the first process ends, so do all others. */
void running_clear(struct running *run);
#define auto_running __attribute__((cleanup(running_clear)))

#endif
