/*
 * limits: resource limits and control groups of a program.
 */
#ifndef BUILDER_SANDBOX_LIMITS_H
#define BUILDER_SANDBOX_LIMITS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "builder/sandbox/inside/recipe.h"
#include "builder/sandbox/recipe_draft.h"
#include "builder/sandbox/sandbox.h"

/* Resource limits of R, clamped to what this process may set. */
void limits_draft(struct recipe_draft *d, const struct sandbox_run *r);

/* The control group of one run, below a group that we may write to. */
struct cgroup {
	int dir_fd; /* -1: none */
	int parent_fd;
	int procs_fd; /* the process that joins writes to it */
	char name[32];
};

#define CGROUP_INIT                                                                      \
	{                                                                                \
		.dir_fd = -1, .parent_fd = -1, .procs_fd = -1                            \
	}

/* Makes a group if R limits memory, processes or CPU. Returns NULL, or the reason why
 * that is impossible here (static). */
const char *cgroup_try(struct cgroup *g, const struct sandbox_run *r);

/* The same, but if it is impossible, there is no group, and a warning unless *TOLD, which
 * it sets. */
void cgroup_open(struct cgroup *g, const struct sandbox_run *r, _Atomic bool *told);
bool cgroup_was_oom(const struct cgroup *g);
uint64_t cgroup_memory(const struct cgroup *g); /* its limit, 0 none */
uint64_t cgroup_peak(const struct cgroup *g);   /* bytes, 0 unknown */

/* Call it when nothing runs in the group any more. */
void cgroup_close(struct cgroup *g);
#define auto_cgroup __attribute__((cleanup(cgroup_close)))

#endif
