#include "builder/sandbox/inside/prober.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "builder/sandbox/inside/descriptors.h"
#include "builder/sandbox/inside/listener.h"
#include "builder/sandbox/inside/program.h"
#include "builder/sandbox/inside/start.h"
#include "builder/sandbox/inside/sys.h"

/* As shells have it. */
#define STATUS_NOT_FOUND 127
#define STATUS_REFUSED   126

struct prober {
	struct recipe *recipe;
	char **argv, **env;
	int signal_fd;
};

static pid_t
fork_here(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static void
block_signals(uint64_t mask)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
}

static int64_t
now_ms(void)
{
	struct timespec now = { 0 };

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ------------------------------------------------------------ the probe */

static void
say(const char *text)
{
	sys_write(2, text, strlen(text));
}

_Noreturn static void
run_probe(const struct prober *p, int out_fd)
{
	const char *path = NULL;
	char room[PATH_MAX];
	int in = -1;

	syscall(SYS_setsid);
	block_signals(0);
	/* The prober has no standard streams, so it may be one by number. */
	out_fd = fcntl(out_fd, F_DUPFD_CLOEXEC, START_PROBER);
	dup3(out_fd, 1, 0);
	dup3(out_fd, 2, 0);
	sys_close(0);
	in = start_empty_input();
	if (in == 0)
		fcntl(0, F_SETFD, 0);
	descriptors_close_from(3);
	path = program_find(p->recipe, p->argv[0], room);
	if (path != NULL)
		syscall(SYS_execve, path, p->argv, p->env);
	say("exec: \"");
	say(p->argv[0]);
	say(path == NULL ? "\": executable file not found\n"
	                 : "\": it cannot be executed\n");
	sys_exit(path == NULL ? STATUS_NOT_FOUND : STATUS_REFUSED);
}

/* ------------------------------------------------------------ its process */

/* True once PID has ended. */
static bool
has_ended(const struct prober *p, pid_t pid, int64_t end_ms, int *status)
{
	struct signalfd_siginfo info;
	struct pollfd wait = { .fd = p->signal_fd, .events = POLLIN };
	const int64_t left = end_ms - now_ms();
	const struct timespec most = { .tv_sec = left > 0 ? left / 1000 : 0,
		                       .tv_nsec = left > 0 ? left % 1000 * 1000000 : 0 };

	if (syscall(SYS_wait4, pid, status, WNOHANG | __WALL, NULL) == pid)
		return true;
	syscall(SYS_ppoll, &wait, 1, &most, NULL, 0);
	sys_read(p->signal_fd, &info, sizeof info);
	return false;
}

static int
probe(const struct prober *p, int out_fd)
{
	const int64_t end_ms = now_ms() + (int64_t)p->recipe->probe_ms;
	const pid_t pid = fork_here();
	int status = 0;

	if (pid == 0)
		run_probe(p, out_fd);
	if (pid < 0)
		return STATUS_REFUSED << 8;
	while (!has_ended(p, pid, end_ms, &status)) {
		if (now_ms() < end_ms)
			continue;
		syscall(SYS_kill, -pid, SIGKILL);
		syscall(SYS_kill, pid, SIGKILL);
		syscall(SYS_wait4, pid, NULL, __WALL, NULL);
		return PROBER_TIMED_OUT;
	}
	return status;
}

_Noreturn static void
prober_main(struct recipe *recipe, char **env)
{
	const uint64_t child = UINT64_C(1) << (SIGCHLD - 1);
	struct prober p = { .recipe = recipe,
		            .argv = recipe_vector(recipe, recipe->probe),
		            .env = env };
	int out_fd = -1, status = 0;

	prctl(PR_SET_NAME, "prober");
	syscall(SYS_setsid);
	block_signals(UINT64_MAX);
	for (int fd = 0; fd < START_PROBER; fd++)
		sys_close(fd);
	p.signal_fd = (int)syscall(SYS_signalfd4, -1, &child, sizeof child,
	                           SFD_CLOEXEC | SFD_NONBLOCK);
	while ((out_fd = listener_receive(START_PROBER)) >= 0) {
		status = probe(&p, out_fd);
		sys_close(out_fd);
		syscall(SYS_sendto, START_PROBER, &status, sizeof status, MSG_NOSIGNAL,
		        NULL, 0);
	}
	sys_exit(0);
}

int
prober_start(struct recipe *recipe, char **env)
{
	pid_t between = fork_here(), pid = -1;
	int status = 0;

	if (between == 0) {
		pid = fork_here();
		if (pid == 0)
			prober_main(recipe, env);
		sys_exit(pid < 0);
	}
	if (between < 0)
		return -1;
	while (syscall(SYS_wait4, between, &status, __WALL, NULL) < 0 && errno == EINTR)
		continue;
	sys_close(START_PROBER);
	errno = EAGAIN;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}
