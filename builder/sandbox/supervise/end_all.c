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

static pid_t
number_of(const char *name)
{
	long v = 0;

	for (; *name >= '0' && *name <= '9' && v < 1 << 28; name++)
		v = 10 * v + (*name - '0');
	return *name == '\0' ? (pid_t)v : 0;
}

static bool
is_below(pid_t pid, pid_t self)
{
	for (int i = 0; pid > 1 && i < 1000; i++) {
		pid = proc_parent(pid);
		if (pid == self)
			return true;
	}
	return false;
}

static void
kill_one(pid_t pid, bool *found)
{
	(void)found;
	syscall(SYS_kill, pid, SIGKILL);
}

/* A limit of 0 also marks what was stopped. */
static void
stop_one(pid_t pid, bool *found)
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
	*found = true;
}

/* Calls EACH for all processes below us. */
static bool
for_all(void (*each)(pid_t pid, bool *found))
{
	_Alignas(8) char entries[4096];
	const pid_t self = (pid_t)syscall(SYS_getpid);
	int fd = sys_openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY, 0);
	bool found = false;
	long n = 0;

	while (fd >= 0 && (n = sys_getdents(fd, entries, sizeof entries)) > 0)
		for (long at = 0; at < n;) {
			const struct sys_entry *e = (const void *)(entries + at);
			const pid_t pid = number_of(e->name);

			if (pid > 0 && is_below(pid, self))
				each(pid, &found);
			at += e->size;
		}
	if (fd >= 0)
		sys_close(fd);
	return found;
}

/* Processes that fork all the time would be faster than their end: none ends before all
 * have been stopped. */
static void
kill_all(void)
{
	for (int i = 0; i < 1000 && for_all(stop_one); i++)
		continue;
	for_all(kill_one);
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
