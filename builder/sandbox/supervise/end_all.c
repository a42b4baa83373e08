#include "builder/sandbox/supervise/end_all.h"

#include <errno.h>
#include <signal.h>
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

static void
kill_children(pid_t self)
{
	_Alignas(8) char entries[4096];
	int fd = sys_openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY, 0);
	long n = 0;

	while (fd >= 0 && (n = sys_getdents(fd, entries, sizeof entries)) > 0)
		for (long at = 0; at < n;) {
			const struct sys_entry *e = (const void *)(entries + at);
			pid_t pid = number_of(e->name);

			if (pid > 0 && proc_parent(pid) == self)
				syscall(SYS_kill, pid, SIGKILL);
			at += e->size;
		}
	if (fd >= 0)
		sys_close(fd);
}

_Noreturn void
end_all(int status)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	const pid_t self = (pid_t)syscall(SYS_getpid);
	long pid = 0;

	for (;;) {
		do
			pid = syscall(SYS_wait4, -1, NULL, WNOHANG | __WALL, NULL);
		while (pid > 0);
		if (pid < 0 && errno == ECHILD)
			sys_exit(status);
		kill_children(self);
		syscall(SYS_nanosleep, &pause, NULL);
	}
}
