#include "builder/sandbox/supervise/owner_supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "builder/sandbox/inside/descriptors.h"
#include "builder/sandbox/inside/listener.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/child_signal.h"
#include "builder/sandbox/supervise/owner_place.h"
#include "builder/sandbox/supervise/owner_server.h"

/* Descriptors that we keep, from the first that the spawner leaves. */
enum { REPORT = SPAWNER_FD_FIRST, SOCKET, PROC, KEPT };

struct watch {
	pid_t inner;
	int listener_fd; /* -1: not yet */
	struct owner_server server;
};

static int
settle(const int *fds, int socket_fd)
{
	const int kept[] = { fds[RECIPE_FD_REPORT], socket_fd,
		             sys_openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY, 0) };

	return descriptors_keep(REPORT, kept, KEPT - REPORT);
}

/* The root of the sandbox becomes ours, so that paths mean the same. */
static int
enter_root(void)
{
	int fd = listener_receive(SOCKET);

	if (fd < 0 || sys_fchdir(fd) < 0 || syscall(SYS_chroot, ".") < 0)
		return -1;
	sys_close(fd);
	return 0;
}

/* Without its root we would answer for other files: better not at all. */
static void
listen_now(struct watch *w)
{
	if (enter_root() == 0)
		w->listener_fd = listener_receive(SOCKET);
	w->server.proc_is_shared = owner_place_proc_is_shared();
	if (w->listener_fd >= 0)
		notify_hurry(w->listener_fd);
	sys_close(SOCKET);
}

/* Killing it ends its PID namespace; when it is gone, all processes are gone. A queued
 * signal is for the program, to which the inner process passes it. */
static void
obey(const struct watch *w, int signal_fd)
{
	struct signalfd_siginfo info;

	while (sys_read(signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
		if (info.ssi_code == SI_QUEUE)
			syscall(SYS_kill, w->inner, info.ssi_signo);
		else if (info.ssi_signo == SIGTERM)
			syscall(SYS_kill, w->inner, SIGKILL);
}

/* -1 when no caller is left. */
static int
answer_one(struct watch *w)
{
	struct notification asked;
	int received = notify_receive(w->listener_fd, PROC, &asked);

	if (received > 0 && !child_signal_answer(&asked))
		owner_server_answer(&w->server, &asked);
	return received;
}

_Noreturn static void
watch(struct watch *w)
{
	uint64_t all = UINT64_MAX;
	int status = 0, signal_fd = -1;

	signal_fd = (int)syscall(SYS_signalfd4, -1, &all, sizeof all,
	                         SFD_CLOEXEC | SFD_NONBLOCK);
	for (bool heard = false;;) {
		struct pollfd polled[] = {
			{ .fd = heard ? -1 : SOCKET, .events = POLLIN },
			{ .fd = w->listener_fd, .events = POLLIN },
			{ .fd = signal_fd, .events = POLLIN },
		};

		syscall(SYS_ppoll, polled, 3, NULL, NULL, 0);
		/* SIGCHLD is blocked from before it was started. */
		if (polled[2].revents != 0) {
			obey(w, signal_fd);
			if (syscall(SYS_wait4, w->inner, &status, WNOHANG | __WALL,
			            NULL) == w->inner)
				sys_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
		}
		if (polled[0].revents != 0) {
			listen_now(w);
			heard = true;
		}
		if (polled[1].revents == 0)
			continue;
		if ((polled[1].revents & POLLIN) == 0 || answer_one(w) < 0) {
			sys_close(w->listener_fd);
			w->listener_fd = -1;
		}
	}
}

int
owner_supervisor_split(struct recipe *recipe, const int *fds)
{
	struct watch w = { .listener_fd = -1 };
	int ends[2] = { -1, -1 },
	    marks_fd = sys_openat(AT_FDCWD, recipe_text(recipe, recipe->owner_marks),
	                          O_CREAT | O_WRONLY, 0600);

	if (marks_fd < 0 ||
	    syscall(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return recipe_fail(recipe, STAGE_START, errno, "marks of owners");
	sys_close(marks_fd);
	recipe->listener_socket = ends[1];
	w.inner = (pid_t)syscall(SYS_clone, (unsigned long)recipe->inner_flags | SIGCHLD,
	                         NULL, NULL, NULL, NULL);
	if (w.inner == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sys_close(ends[0]);
		return 0;
	}
	if (w.inner < 0)
		return recipe_fail(recipe, STAGE_START, errno, NULL);
	prctl(PR_SET_NAME, "supervisor");
	syscall(SYS_umask, 0);
	owner_server_begin(&w.server, recipe->uid, recipe->gid, recipe_groups(recipe),
	                   recipe->n_groups);
	if (settle(fds, ends[0]) < 0)
		sys_exit(1);
	watch(&w);
}
