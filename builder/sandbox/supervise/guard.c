#include "builder/sandbox/supervise/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "builder/sandbox/inside/descriptors.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/end_all.h"

/* True if SUPERVISOR has ended: *STATUS. */
static bool
has_ended(pid_t supervisor, int *status)
{
	int now = 0;
	pid_t pid = 0;
	bool ended = false;

	while ((pid = (pid_t)syscall(SYS_wait4, -1, &now, WNOHANG | __WALL, NULL)) > 0)
		if (pid == supervisor) {
			*status = now;
			ended = true;
		}
	return ended;
}

/* All signals are blocked. A queued one stays a queued one. */
_Noreturn static void
guard(pid_t supervisor)
{
	const uint64_t all = UINT64_MAX;
	int status = 0;

	prctl(PR_SET_NAME, "guard");
	/* Who waits for the end of pipes must not wait for us. */
	descriptors_close_from(SPAWNER_FD_FIRST);
	for (;;) {
		siginfo_t info;
		const long number = syscall(SYS_rt_sigtimedwait, &all, &info, NULL,
		                            sizeof all);

		if (has_ended(supervisor, &status))
			end_all(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
		if (number <= 0 || number == SIGCHLD)
			continue;
		if (info.si_code == SI_QUEUE)
			syscall(SYS_rt_sigqueueinfo, supervisor, (int)number, &info);
		else
			syscall(SYS_kill, supervisor, (int)number);
	}
}

int
guard_split(void)
{
	const uint64_t all = UINT64_MAX;
	const pid_t self = (pid_t)syscall(SYS_getpid);
	pid_t pid = -1;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid > 0)
		guard(pid);
	if (pid < 0)
		return -1;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* It may have ended before. */
	if ((pid_t)syscall(SYS_getppid) != self)
		sys_exit(1);
	return 0;
}
