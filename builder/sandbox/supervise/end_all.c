#include "builder/sandbox/supervise/end_all.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/proc_process.h"

static void
kill_one(void *none, pid_t pid)
{
	(void)none;
	syscall(SYS_kill, pid, SIGKILL);
}

/* A limit of 0 also marks what was stopped. Sets FOUND if this is not yet. */
static void
stop_one(void *found, pid_t pid)
{
	const struct {
		uint64_t now, most;
	} none = { 0, 0 };
	struct {
		uint64_t now, most;
	} before = { 0, 0 };

	if (syscall(SYS_prlimit64, pid, RLIMIT_NPROC, &none, &before) < 0 ||
	    before.most == 0)
		return;
	syscall(SYS_kill, pid, SIGSTOP);
	*(bool *)found = true;
}

/* Processes that fork all the time would be faster than their end: none ends before all
 * have been stopped. */
static void
kill_all(void)
{
	const pid_t self = (pid_t)syscall(SYS_getpid);
	bool found = true;

	for (int i = 0; i < 1000 && found; i++) {
		found = false;
		proc_each_below(self, stop_one, &found);
	}
	proc_each_below(self, kill_one, NULL);
}

_Noreturn void
end_all(int status)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	long pid = 0;

	for (;;) {
		do
			pid = syscall(SYS_wait4, -1, NULL, WNOHANG | __WALL, NULL);
		while (pid > 0);
		if (pid < 0 && errno == ECHILD)
			sys_exit(status);
		kill_all();
		syscall(SYS_nanosleep, &pause, NULL);
	}
}
