/*
 * Answers about other processes. The step's processes have the user of the supervisor and
 * the builder: without these answers they could end or inspect both. The numbers that are
 * checked are in registers, so they cannot change until the kernel looks at them.
 */
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/resource.h>

#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/proc_path.h"
#include "builder/sandbox/trap/trap.h"

static bool
is_of_step(const struct trap_call *c, pid_t pid)
{
	return proc_path_is_of_step(&c->trap->proc, pid);
}

/* ------------------------------------------------------------ groups */

struct group {
	pid_t wanted;
	bool found;
};

static void
look_at_group(void *arg, pid_t pid)
{
	struct group *g = arg;

	if (syscall(SYS_getpgid, pid) == g->wanted)
		g->found = true;
}

static pid_t
minus(pid_t pid)
{
	return pid == INT_MIN ? 0 : -pid;
}

/* Whether the group has a process of the step; then it has no other: a group is part of a
 * session, and the step has sessions of its own. */
static bool
is_group_of_step(const struct trap_call *c, pid_t group)
{
	struct group g = { .wanted = group };

	if (group <= 0)
		return false;
	if (syscall(SYS_getpgid, c->asked->tid) == group)
		return true;
	proc_each_below(c->trap->proc.supervisor, look_at_group, &g);
	return g.found;
}

struct signal_to_all {
	pid_t sender; /* the process that does not get it */
	int number;
};

static void
kill_one(void *arg, pid_t pid)
{
	const struct signal_to_all *to_all = arg;

	if (pid != to_all->sender)
		syscall(SYS_kill, pid, to_all->number);
}

/* kill(), rt_sigqueueinfo(): the first argument is a process or a group. */
int
trap_signal(struct trap_call *c, int64_t *value)
{
	const pid_t pid = (pid_t)c->asked->args[0];
	struct signal_to_all to_all = { 0, (int)c->asked->args[1] };

	if (pid == 0)
		return TRAP_LET;
	if (pid == -1) {
		to_all.sender = proc_of_thread(c->asked->tid);
		proc_each_below(c->trap->proc.supervisor, kill_one, &to_all);
		return trap_result(0, value);
	}
	if (pid > 0 ? is_of_step(c, pid) : is_group_of_step(c, minus(pid)))
		return TRAP_LET;
	return trap_fail(ESRCH);
}

/* tkill(), tgkill(), rt_tgsigqueueinfo(): argument PATH is a thread. */
int
trap_signal_thread(struct trap_call *c, int64_t *value)
{
	const pid_t tid = (pid_t)trap_arg(c, c->shape->value);

	(void)value;
	return is_of_step(c, tid) ? TRAP_LET : trap_fail(ESRCH);
}

int
trap_pidfd(struct trap_call *c, int64_t *value)
{
	(void)value;
	return is_of_step(c, (pid_t)c->asked->args[0]) ? TRAP_LET : trap_fail(ESRCH);
}

/* fcntl(fd, F_SETOWN, process or -group); F_SETOWN_EX points to a structure, which could
 * change. */
int
trap_owner_of_fd(struct trap_call *c, int64_t *value)
{
	const pid_t pid = (pid_t)c->asked->args[2];

	(void)value;
	if ((int)c->asked->args[1] != F_SETOWN)
		return trap_fail(EINVAL);
	if (pid == 0 || (pid > 0 ? is_of_step(c, pid) : is_group_of_step(c, minus(pid))))
		return TRAP_LET;
	return trap_fail(ESRCH);
}

/* sched_set…(), setpriority(), ioprio_set(): argument VALUE is a process, or also a group
 * if argument DIR says so. A user's processes are not only the step's. */
int
trap_schedule(struct trap_call *c, int64_t *value)
{
	const pid_t pid = (pid_t)trap_arg(c, c->shape->value);
	const int kind = (int)trap_arg(c, c->shape->dir) - c->shape->implied;

	(void)value;
	if (kind == PRIO_PROCESS && (pid == 0 || is_of_step(c, pid)))
		return TRAP_LET;
	if (kind == PRIO_PGRP && (pid == 0 || is_group_of_step(c, pid)))
		return TRAP_LET;
	return trap_fail(kind == PRIO_PROCESS || kind == PRIO_PGRP ? ESRCH : EPERM);
}

/* ptrace() and process_vm_…(): argument VALUE is a process. The first process of the step
 * is a child of ours. */
int
trap_inspect(struct trap_call *c, int64_t *value)
{
	const pid_t pid = (pid_t)trap_arg(c, c->shape->value);

	(void)value;
	if (c->asked->number == SYS_ptrace && c->asked->args[0] == PTRACE_TRACEME)
		return proc_parent(c->asked->tid) == c->trap->proc.supervisor
		               ? trap_fail(EPERM)
		               : TRAP_LET;
	return is_of_step(c, pid) ? TRAP_LET : trap_fail(ESRCH);
}
