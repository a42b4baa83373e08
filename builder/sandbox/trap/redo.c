#include "builder/sandbox/trap/redo.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "builder/sandbox/inside/sys.h"

#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)
#define OF_CALL (SIGTRAP | 0x80)

/* The kernel's own results of interrupted calls, from include/linux/errno.h. */
#define ERESTARTSYS           512
#define ERESTARTNOINTR        513
#define ERESTARTNOHAND        514
#define ERESTART_RESTARTBLOCK 516

static long
trace(int request, pid_t tid, uint64_t addr, uint64_t data)
{
	return syscall(SYS_ptrace, request, tid, addr, data);
}

static long
set_signals(const struct redo_entry *e, uint64_t blocked)
{
	return trace(PTRACE_SETSIGMASK, e->tid, sizeof blocked,
	             (uint64_t)(uintptr_t)&blocked);
}

static void
resume(const struct redo_entry *e, int signal)
{
	trace(PTRACE_SYSCALL, e->tid, 0, (uint64_t)signal);
}

/* ------------------------------------------------------------ the list */

static struct redo_entry *
find(struct redo_list *l, pid_t tid)
{
	for (size_t i = 0; i < REDO_MAX; i++)
		if (l->at[i].state > REDO_WAITING && l->at[i].tid == tid)
			return &l->at[i];
	return NULL;
}

static size_t
first_free(const struct redo_list *l)
{
	size_t i = 0;

	while (i < REDO_MAX && l->at[i].state != REDO_FREE)
		i++;
	return i;
}

bool
redo_has_room(const struct redo_list *l)
{
	return first_free(l) < REDO_MAX;
}

static bool
may_wait(int number)
{
	return number == SYS_connect || number == SYS_sendmsg;
}

static bool
too_many_wait(const struct redo_list *l, int number)
{
	size_t n = 0;

	for (size_t i = 0; may_wait(number) && i < REDO_MAX; i++)
		n += l->at[i].state != REDO_FREE && may_wait(l->at[i].call.number);
	return n >= REDO_MAX / 2;
}

static uint64_t
scratch_at(size_t i)
{
	return LOADER_SCRATCH + i * LOADER_SCRATCH_EACH;
}

uint64_t
redo_scratch(const struct redo_list *l)
{
	const size_t i = first_free(l);

	return i == REDO_MAX ? 0 : scratch_at(i);
}

static bool
executes(const struct redo_entry *e)
{
	return e->call.number == SYS_execve || e->call.number == SYS_execveat;
}

static bool
is_executing(const struct redo_list *l, pid_t pid)
{
	for (size_t i = 0; i < REDO_MAX; i++)
		if (l->at[i].state == REDO_INSIDE && l->at[i].pid == pid &&
		    executes(&l->at[i]))
			return true;
	return false;
}

/* False: kill it. */
static bool
tell(const struct redo_entry *e, pid_t pid, int64_t result)
{
	return e->call.ended == NULL ||
	       e->call.ended(e->call.arg, e->call.tag, pid, result);
}

/* Only the first thread has the number of its process. */
static pid_t
process_of(pid_t tid)
{
	const pid_t pid = syscall(SYS_tgkill, tid, tid, 0) == 0 ? tid
	                                                        : proc_of_thread(tid);

	return pid > 0 ? pid : tid;
}

/* ------------------------------------------------------------ beginning */

/* The caller cannot get on before its call is answered, but may be killed, and TID may be
 * somebody else's then. Its wait for us may end by the interrupt (before Linux 5.19, see
 * filter_install.c): then it stops on the way to repeat its call. */
static int
attach(struct redo_entry *e)
{
	if (trace(PTRACE_SEIZE, e->tid, 0, OPTIONS) < 0) {
		notify_answer(&e->asked, -1);
		return -1;
	}
	if (!notify_is_current(&e->asked)) {
		tell(e, e->tid, -ESRCH);
		e->state = REDO_LEAVING;
		trace(PTRACE_INTERRUPT, e->tid, 0, 0);
		return 0;
	}
	e->state = REDO_STOPPING;
	trace(PTRACE_INTERRUPT, e->tid, 0, 0);
	errno = ECANCELED;
	notify_answer(&e->asked, -1);
	return 0;
}

static int
refuse(struct redo_entry *e)
{
	const int saved = errno;

	e->state = REDO_FREE;
	errno = saved;
	return -1;
}

static int
place_scratch(struct redo_entry *e, uint64_t at)
{
	if (e->call.n_scratch > LOADER_SCRATCH_EACH) {
		errno = EINVAL;
		return -1;
	}
	e->call.args[e->call.scratch_arg] = at;
	return notify_poke(&e->asked, at, e->call.scratch, e->call.n_scratch);
}

int
redo_begin(struct redo_list *l, const struct notification *a, const struct redo_call *c)
{
	const size_t i = first_free(l);
	struct redo_entry *e = &l->at[i];

	if (i == REDO_MAX || too_many_wait(l, c->number)) {
		errno = EAGAIN;
		notify_answer(a, -1);
		return -1;
	}
	e->tid = a->tid;
	e->pid = process_of(a->tid);
	e->asked = *a;
	e->call = *c;
	e->call.args[5] = l->cookie;
	if (c->scratch != NULL && place_scratch(e, scratch_at(i)) < 0) {
		notify_answer(a, -1);
		return refuse(e);
	}
	e->call.scratch = NULL;
	/* An exec ends the other threads, and waits until we know. Who wants to trace one
	 * of them waits for the exec. */
	if (is_executing(l, e->pid)) {
		e->state = REDO_WAITING;
		return 0;
	}
	return attach(e) < 0 ? refuse(e) : 0;
}

static void
wake(struct redo_list *l, pid_t pid)
{
	for (size_t i = 0; i < REDO_MAX; i++) {
		struct redo_entry *e = &l->at[i];

		if (e->state != REDO_WAITING || e->pid != pid || is_executing(l, pid))
			continue;
		if (attach(e) < 0) {
			tell(e, e->tid, -errno);
			e->state = REDO_FREE;
		}
	}
}

/* ------------------------------------------------------------ stops */

/* A second thread may have changed the instruction that makes the call. */
static void
give_up(struct redo_list *l, struct redo_entry *e)
{
	tell(e, e->tid, -ECANCELED);
	trace(PTRACE_DETACH, e->tid, 0, 0);
	e->state = REDO_FREE;
	wake(l, e->pid);
}

/* Signals must not come between this stop and the next one. */
static void
repeat(struct redo_entry *e, enum redo_state next)
{
	struct redo_regs regs = e->regs;

	redo_regs_repeat(&regs, e->asked.number, e->asked.args);
	if (set_signals(e, UINT64_MAX) < 0 || redo_regs_set(e->tid, &regs) < 0)
		return;
	e->state = next;
	resume(e, 0);
}

static void
begin(struct redo_list *l, struct redo_entry *e)
{
	if (redo_regs_get(e->tid, &e->regs) < 0)
		return;
	if (!redo_regs_are_of(&e->regs, e->asked.number, e->asked.args)) {
		give_up(l, e);
		return;
	}
	if (trace(PTRACE_GETSIGMASK, e->tid, sizeof e->signals,
	          (uint64_t)(uintptr_t)&e->signals) == 0)
		repeat(e, REDO_ENTERING);
}

/* The caller has entered the kernel: its registers are ours. */
static void
become(struct redo_list *l, struct redo_entry *e, int number, const uint64_t args[6],
       enum redo_state next)
{
	struct redo_regs regs;

	if (redo_regs_get(e->tid, &regs) < 0)
		return;
	if (!redo_regs_are_of(&regs, e->asked.number, e->asked.args)) {
		set_signals(e, e->signals);
		give_up(l, e);
		return;
	}
	redo_regs_become(&regs, number, args);
	if (redo_regs_set(e->tid, &regs) < 0)
		return;
	e->state = next;
	resume(e, 0);
}

static void
enter_close(struct redo_list *l, struct redo_entry *e)
{
	const uint64_t args[6] = { (uint64_t)e->call.close_fd };

	become(l, e, SYS_close, args, REDO_CLOSE_INSIDE);
}

static bool
is_interrupted(int64_t result)
{
	return result == -ERESTARTSYS || result == -ERESTARTNOINTR ||
	       result == -ERESTARTNOHAND;
}

/* The kernel repeats an interrupted call when it looks for signals. It does that for us
 * only if it is made to stop there: the signal may be gone. */
static void
finish(struct redo_list *l, struct redo_entry *e)
{
	redo_regs_end(&e->regs, e->asked.number, e->asked.args, e->result);
	if (redo_regs_set(e->tid, &e->regs) < 0 || set_signals(e, e->signals) < 0)
		return;
	if (e->state == REDO_CLOSE_INSIDE && is_interrupted(e->result)) {
		e->state = REDO_LEAVING;
		trace(PTRACE_INTERRUPT, e->tid, 0, 0);
		trace(PTRACE_CONT, e->tid, 0, 0);
		return;
	}
	trace(PTRACE_DETACH, e->tid, 0, 0);
	e->state = REDO_FREE;
	wake(l, e->pid);
}

static void
end(struct redo_list *l, struct redo_entry *e)
{
	struct redo_regs regs;

	if (redo_regs_get(e->tid, &regs) < 0)
		return;
	e->result = redo_regs_value(&regs);
	if (e->result == -ERESTART_RESTARTBLOCK)
		e->result = -EINTR;
	/* Its end is noted when it comes. */
	if (!tell(e, e->tid, is_interrupted(e->result) ? -EINTR : e->result))
		syscall(SYS_kill, e->pid, SIGKILL);
	else if (e->call.close_fd >= 0)
		repeat(e, REDO_CLOSE_ENTERING);
	else
		finish(l, e);
}

static void
on_call(struct redo_list *l, struct redo_entry *e)
{
	switch (e->state) {
	case REDO_ENTERING:
		set_signals(e, e->signals);
		become(l, e, e->call.number, e->call.args, REDO_INSIDE);
		return;
	case REDO_INSIDE:
		end(l, e);
		return;
	case REDO_CLOSE_ENTERING:
		enter_close(l, e);
		return;
	case REDO_CLOSE_INSIDE:
		finish(l, e);
		return;
	default:
		resume(e, 0);
	}
}

static void
leave(struct redo_list *l, struct redo_entry *e, int signal)
{
	trace(PTRACE_DETACH, e->tid, 0, (uint64_t)signal);
	e->state = REDO_FREE;
	wake(l, e->pid);
}

/* By our interrupt, by a signal that stops the process (it remains stopped until
 * SIGCONT), or by SIGCONT. */
static void
on_interrupt(struct redo_list *l, struct redo_entry *e, int signal)
{
	if (e->state == REDO_LEAVING)
		leave(l, e, 0);
	else if (signal != SIGTRAP)
		trace(PTRACE_LISTEN, e->tid, 0, 0);
	else if (e->state == REDO_STOPPING)
		begin(l, e);
	else
		resume(e, 0);
}

/* ------------------------------------------------------------ ends */

/* All its other threads are gone. The one that called exec has the number of the first
 * one now. */
static void
on_exec(struct redo_list *l, pid_t pid)
{
	unsigned long tid = 0;
	bool may_live = true;

	trace(PTRACE_GETEVENTMSG, pid, 0, (uint64_t)(uintptr_t)&tid);
	for (size_t i = 0; i < REDO_MAX; i++) {
		struct redo_entry *e = &l->at[i];

		if (e->state == REDO_FREE || e->pid != pid)
			continue;
		if (e->state == REDO_INSIDE && e->tid == (pid_t)tid)
			may_live = tell(e, pid, 0);
		else if (e->state != REDO_LEAVING)
			tell(e, e->tid, -ESRCH);
		e->state = REDO_FREE;
	}
	if (!may_live)
		syscall(SYS_kill, pid, SIGKILL);
	trace(PTRACE_DETACH, pid, 0, 0);
}

/* The end of the first thread is that of the process. */
static void
on_end(struct redo_list *l, pid_t tid)
{
	pid_t pid = 0;

	for (size_t i = 0; i < REDO_MAX; i++) {
		struct redo_entry *e = &l->at[i];

		if (e->state == REDO_FREE || (e->tid != tid && e->pid != tid) ||
		    (e->state == REDO_WAITING && e->pid != tid))
			continue;
		pid = e->pid;
		if (e->state <= REDO_INSIDE)
			tell(e, e->tid, -ESRCH);
		e->state = REDO_FREE;
	}
	if (pid != 0)
		wake(l, pid);
}

bool
redo_event(struct redo_list *l, pid_t pid, int status)
{
	const int event = (int)((unsigned)status >> 16);
	struct redo_entry *e = NULL;

	if (!WIFSTOPPED(status)) {
		on_end(l, pid);
		return false;
	}
	e = find(l, pid);
	if (event == PTRACE_EVENT_EXEC)
		on_exec(l, pid);
	else if (e == NULL)
		trace(PTRACE_DETACH, pid, 0, 0);
	else if (event == PTRACE_EVENT_STOP)
		on_interrupt(l, e, WSTOPSIG(status));
	else if (WSTOPSIG(status) == OF_CALL)
		on_call(l, e);
	else if (e->state == REDO_LEAVING)
		leave(l, e, WSTOPSIG(status));
	else
		resume(e, WSTOPSIG(status));
	return true;
}
