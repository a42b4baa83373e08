/* Processes that are not the step's. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "hostile.h"

static bool
environment_of_process(void)
{
	char path[64];
	int fd = open("/proc", O_RDONLY | O_DIRECTORY);

	snprintf(path, sizeof path, "/proc/%d/environ", aim.victim);
	if (reads(path))
		return true;
	return reads_at(fd, path + strlen("/proc/"));
}

static bool
signal_to_process(void)
{
	return kill(aim.victim, 0) == 0;
}

static bool
trace_of_process(void)
{
	return ptrace(PTRACE_ATTACH, aim.victim, NULL, NULL) == 0;
}

static bool
memory_of_process(void)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/mem", aim.victim);
	return open(path, O_RDONLY) >= 0;
}

static bool
priority_of_process(void)
{
	return setpriority(PRIO_PROCESS, (id_t)aim.victim, 19) == 0;
}

static bool
limits_of_process(void)
{
	struct rlimit limit;

	return prlimit(aim.victim, RLIMIT_NOFILE, NULL, &limit) == 0;
}

/* The real limits, set to what they are. */
static bool
limits_of_process_set(void)
{
	const struct rlimit limit = { 1024, 1024 };

	return prlimit(aim.victim, RLIMIT_CORE, &limit, NULL) == 0;
}

static bool
processors_of_process(void)
{
	unsigned long mask = 1;

	return syscall(SYS_sched_setaffinity, aim.victim, sizeof mask, &mask) == 0 ||
	       syscall(SYS_ioprio_set, 1, aim.victim, 3 << 13) == 0;
}

/* Ways of debuggers that need no tracing. Of the first two the content counts. */
static bool
looks_into(pid_t pid)
{
	static const char *const files[] = { "stack", "syscall", "environ",
		                             "maps",  "fd/0",    "mem" };
	char byte, path[64];
	struct iovec ours = { &byte, 1 }, theirs = { (void *)0x400000, 1 };

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		int fd = -1;

		snprintf(path, sizeof path, "/proc/%d/%s", pid, files[i]);
		fd = open(path, O_RDONLY);
		if (fd >= 0 && (i >= 2 || read(fd, &byte, 1) > 0))
			return true;
	}
	return ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0 ||
	       syscall(SYS_process_vm_readv, pid, &ours, 1, &theirs, 1, 0) >= 0 ||
	       syscall(SYS_kcmp, getpid(), pid, 1, 0, 0) >= 0 ||
	       syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, pid, 0), 0, 0) >= 0;
}

static bool
inside_of_process(void)
{
	return looks_into(aim.victim);
}

static bool
inside_of_first_process(void)
{
	return looks_into(1);
}

static bool
shared_memory(void)
{
	return shmget(SHARED_MEMORY_KEY, 1, 0) >= 0;
}

static bool
name_spaces_of_process(void)
{
	static const char *const names[] = { "mnt", "net", "pid", "user", "ipc", "uts" };
	char path[64];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int fd = -1;

		snprintf(path, sizeof path, "/proc/%d/ns/%s", aim.victim, names[i]);
		fd = open(path, O_RDONLY);
		if (fd >= 0 && setns(fd, 0) == 0)
			return true;
		snprintf(path, sizeof path, "/proc/1/ns/%s", names[i]);
		fd = open(path, O_RDONLY);
		/* Our own is no way out. */
		if (fd >= 0 && strcmp(names[i], "mnt") == 0 && setns(fd, 0) == 0)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------ what is inherited */

static bool
leaked_descriptors(void)
{
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return true;
	return false;
}

static bool
environment_of_builder(void)
{
	for (char **e = environ; *e != NULL; e++)
		if (strstr(*e, TOKEN) != NULL)
			return true;
	return false;
}

static bool
abstract_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(address.sun_path + 1, aim.name, sizeof address.sun_path - 2);
	return connect(fd, (struct sockaddr *)&address,
	               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	                           strlen(aim.name))) == 0;
}

static bool
input_to_terminal(void)
{
	return ioctl(0, TIOCSTI, "x") == 0 || ioctl(1, TIOCSTI, "x") == 0;
}

static bool
input_to_other_terminals(void)
{
	char path[64];

	for (int i = 0; i < 64; i++) {
		snprintf(path, sizeof path, "/dev/pts/%d", i);
		if (open(path, O_RDWR | O_NONBLOCK) >= 0)
			return true;
	}
	return open("/dev/tty", O_RDWR) >= 0 || open("/dev/console", O_RDWR) >= 0;
}

const struct try tries_of_processes[] = {
	{ "environment-of-process", environment_of_process },
	{ "signal-to-process", signal_to_process },
	{ "trace-of-process", trace_of_process },
	{ "memory-of-process", memory_of_process },
	{ "priority-of-process", priority_of_process },
	{ "processors-of-process", processors_of_process },
	{ "limits-of-process", limits_of_process },
	{ "limits-of-process-set", limits_of_process_set },
	{ "inside-of-process", inside_of_process },
	{ "inside-of-first-process", inside_of_first_process },
	{ "shared-memory", shared_memory },
	{ "name-spaces-of-process", name_spaces_of_process },
	{ "leaked-descriptors", leaked_descriptors },
	{ "environment-of-builder", environment_of_builder },
	{ "abstract-socket", abstract_socket },
	{ "input-to-terminal", input_to_terminal },
	{ "input-to-other-terminals", input_to_other_terminals },
	{ NULL, NULL },
};
