#include "builder/sandbox/supervise/watch.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "builder/sandbox/inside/descriptors.h"
#include "builder/sandbox/inside/listener.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/end_all.h"
#include "builder/sandbox/supervise/guard.h"
#include "builder/sandbox/supervise/notify.h"

/* How often look() is called. */
#define LOOK_NS 200000000L

int
watch_begin(struct recipe *recipe)
{
	if (guard_split() < 0)
		return recipe_fail(recipe, STAGE_FORK, errno, NULL);
	prctl(PR_SET_NAME, "supervisor");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* Keys of the builder's session are not for the program. */
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	return 0;
}

/* True once the program has ended. SIGCHLD is blocked from before it was started, so
 * the signal's descriptor tells when to look. */
static bool
reap(struct watch *w)
{
	struct recipe_report *report = recipe_report(w->recipe);
	int status = 0;
	pid_t pid = 0;
	bool ended = false;

	while ((pid = (pid_t)syscall(SYS_wait4, -1, &status, WNOHANG | __WALL, NULL)) >
	       0) {
		if ((w->has_taken != NULL && w->has_taken(w->arg, pid, status)) ||
		    pid != w->program)
			continue;
		report->status = status;
		report->ended = 1;
		if (w->recipe->purpose == RECIPE_PROBE && status == 0)
			report->started = 1;
		ended = true;
	}
	return ended;
}

/* The program's end of the socket pair closes when it is executed, or has failed. */
static void
heard(struct watch *w)
{
	int fd = listener_receive(w->socket_fd);

	if (fd >= 0) {
		w->listener_fd = fd;
		notify_hurry(fd);
		return;
	}
	if (w->recipe->purpose == RECIPE_RUN &&
	    recipe_report(w->recipe)->stage == STAGE_NONE)
		recipe_report(w->recipe)->started = 1;
	/* Closing is not enough: processes of ours have copies. */
	syscall(SYS_epoll_ctl, w->events_fd, EPOLL_CTL_DEL, w->socket_fd, NULL);
	sys_close(w->socket_fd);
	w->socket_fd = -1;
}

/* A queued signal is for the program. */
static bool
is_told_to_end(const struct watch *w)
{
	struct signalfd_siginfo info;

	while (sys_read(w->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_code == SI_QUEUE)
			syscall(SYS_kill, w->program, info.ssi_signo);
		else if (info.ssi_signo == SIGTERM)
			return true;
	}
	return false;
}

/* Waits until something happens to one of POLLED. */
static void
wait_for(const struct watch *w, struct pollfd *polled, unsigned n)
{
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	const bool looks = w->has_waiting != NULL && w->has_waiting(w->arg);

	if (syscall(SYS_ppoll, polled, n, looks ? &pause : NULL, NULL, 0) == 0)
		w->look(w->arg);
}

static int
add_event(const struct watch *w, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data = { .fd = fd } };

	return (int)syscall(SYS_epoll_ctl, w->events_fd, EPOLL_CTL_ADD, fd, &event);
}

/* What happens seldom has one descriptor, so that waiting for a call costs two. */
static int
begin_events(struct watch *w)
{
	const uint64_t all = UINT64_MAX;

	w->signal_fd = (int)syscall(SYS_signalfd4, -1, &all, sizeof all,
	                            SFD_CLOEXEC | SFD_NONBLOCK);
	w->events_fd = (int)syscall(SYS_epoll_create1, EPOLL_CLOEXEC);
	if (add_event(w, SPAWNER_FD_LIFE, 0) < 0 || add_event(w, w->signal_fd, EPOLLIN) < 0)
		return -1;
	return add_event(w, w->socket_fd, EPOLLIN);
}

static void
handle_events(struct watch *w)
{
	struct epoll_event event[3];
	bool has_signal = false, has_message = false;
	const int n = (int)syscall(SYS_epoll_pwait, w->events_fd, event, 3, 0, NULL, 0);

	for (int i = 0; i < n; i++) {
		if (event[i].data.fd == SPAWNER_FD_LIFE)
			end_all(1);
		has_signal |= event[i].data.fd == w->signal_fd;
		has_message |= event[i].data.fd == w->socket_fd;
	}
	if (has_signal && is_told_to_end(w))
		end_all(1);
	if (has_signal && reap(w)) {
		if (w->socket_fd >= 0)
			heard(w);
		end_all(0);
	}
	if (has_message)
		heard(w);
}

void
watch(struct watch *w)
{
	if (begin_events(w) < 0) {
		recipe_fail(w->recipe, STAGE_START, errno, "epoll");
		end_all(1);
	}
	for (;;) {
		struct pollfd polled[] = {
			{ .fd = w->events_fd, .events = POLLIN },
			{ .fd = w->listener_fd, .events = POLLIN },
		};

		wait_for(w, polled, 2);
		if (polled[0].revents != 0)
			handle_events(w);
		if (polled[1].revents == 0)
			continue;
		/* After a hang-up alone, no caller is left to wait for. */
		if ((polled[1].revents & POLLIN) == 0 ||
		    w->answer(w->arg, w->listener_fd) < 0) {
			sys_close(w->listener_fd);
			w->listener_fd = -1;
		}
	}
}
