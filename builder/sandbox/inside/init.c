#include "builder/sandbox/inside/init.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "builder/sandbox/inside/descriptors.h"
#include "builder/sandbox/inside/start.h"
#include "builder/sandbox/inside/sys.h"

/* Keeps the pipe to the builder, which closes when we end, and the gate's descriptors. */
static int
settle_descriptors(const int *fds, struct device_gate *gate)
{
	const int needed[] = { fds[RECIPE_FD_REPORT], gate->devices_fd,
		               gate->listener_fd };
	const int n = gate->listener_fd >= 0 ? 3 : 1;

	if (descriptors_keep(SPAWNER_FD_FIRST, needed, n) < 0)
		return -1;
	gate->devices_fd = n == 1 ? -1 : SPAWNER_FD_FIRST + 1;
	gate->listener_fd = n == 1 ? -1 : SPAWNER_FD_FIRST + 2;
	return 0;
}

static int64_t
microseconds(const struct timeval *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_usec;
}

/* No process changes files any more. The builder need not wait until we have ended and
 * the kernel has removed the mounts. */
static void
tell_at_rest(struct recipe *recipe)
{
	struct recipe_report *report = recipe_report(recipe);
	struct rusage usage = { 0 };

	syscall(SYS_getrusage, RUSAGE_CHILDREN, &usage);
	report->cpu_us = microseconds(&usage.ru_utime) + microseconds(&usage.ru_stime);
	report->peak_kb = (uint64_t)usage.ru_maxrss;
	report->at_rest = 1;
	sys_write(SPAWNER_FD_FIRST, "", 1);
}

/* True once the program has ended. */
static bool
reap(struct recipe *recipe, pid_t program)
{
	struct recipe_report *report = recipe_report(recipe);
	int status = 0;
	pid_t pid = 0;

	while ((pid = (pid_t)syscall(SYS_wait4, -1, &status, WNOHANG | __WALL, NULL)) >
	       0) {
		if (pid != program)
			continue;
		report->status = status;
		report->ended = 1;
	}
	if (report->ended != 0 && pid < 0 && errno == ECHILD)
		tell_at_rest(recipe);
	return report->ended != 0;
}

static int
open_signals(void)
{
	/* As the kernel has it: 64 signals. */
	uint64_t all = UINT64_MAX;

	return (int)syscall(SYS_signalfd4, -1, &all, sizeof all,
	                    SFD_CLOEXEC | SFD_NONBLOCK);
}

void
init_main(struct recipe *recipe, const int *fds, int devices_fd)
{
	struct device_gate gate = { .devices_fd = devices_fd, .listener_fd = -1 };
	pid_t program = start_program(recipe, fds, &gate);
	struct signalfd_siginfo info;
	int signal_fd = -1;

	if (program < 0 || settle_descriptors(fds, &gate) < 0)
		sys_exit(1);
	recipe_report(recipe)->started = 1;
	signal_fd = open_signals();
	for (;;) {
		struct pollfd polled[] = {
			{ .fd = SPAWNER_FD_LIFE },
			{ .fd = signal_fd, .events = POLLIN },
			{ .fd = gate.listener_fd, .events = POLLIN },
		};

		if (reap(recipe, program))
			sys_exit(0);
		syscall(SYS_ppoll, polled, 3, NULL, NULL, 0);
		if ((polled[0].revents & (POLLHUP | POLLERR)) != 0)
			sys_exit(1);
		if (sys_read(signal_fd, &info, sizeof info) == (ssize_t)sizeof info &&
		    info.ssi_signo != SIGCHLD)
			syscall(SYS_kill, program, info.ssi_signo);
		if ((polled[2].revents & POLLIN) != 0)
			device_gate_answer(&gate);
		else if (polled[2].revents != 0)
			gate.listener_fd = -1;
	}
}
