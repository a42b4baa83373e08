#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/count.h"
#include "base/mem.h"
#include "base/own.h"

/* How often to look after the child where the kernel (before 5.3) has no
 * descriptor that tells of its end. */
#define LOOK_MS 50

/* A started program. Descriptors are our ends and -1 once closed. */
struct child {
	pid_t pid; /* 0: none, or reaped */
	int pid_fd;
	int in, out, log;
	struct text input; /* still to be written */
	int status;
};

/* Kills what still runs of the child's process group, and reaps the child. */
static void
child_clear(struct child *c)
{
	int saved = errno;

	if (c->pid > 0) {
		kill(-c->pid, SIGKILL);
		while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
			continue;
	}
	c->pid = 0;
	own_close(&c->pid_fd);
	own_close(&c->in);
	own_close(&c->out);
	own_close(&c->log);
	errno = saved;
}

/* A pipe whose end OURS does not block. */
static int
make_pipe(int *ours, int *theirs, bool we_read)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	*ours = we_read ? ends[0] : ends[1];
	*theirs = we_read ? ends[1] : ends[0];
	return fcntl(*ours, F_SETFL, O_NONBLOCK);
}

/* A new session, so that a program which asks on the terminal fails at once
 * instead of being stopped; signals as after login. */
static int
spawn(const struct process *p, const int std[3], pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t all, none;
	int failed;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
	                                        POSIX_SPAWN_SETSID);
	posix_spawn_file_actions_init(&actions);
	failed = 0;
	for (int i = 0; i < 3 && failed == 0; i++)
		failed = posix_spawn_file_actions_adddup2(&actions, std[i], i);
	if (p->dir_fd >= 0 && failed == 0)
		failed = posix_spawn_file_actions_addfchdir_np(&actions, p->dir_fd);
	if (failed == 0)
		failed = posix_spawnp(pid, p->argv[0], &actions, &attr,
		                      (char *const *)p->argv,
		                      p->env != NULL ? (char *const *)p->env : environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	errno = failed;
	return failed == 0 ? 0 : -1;
}

static int
child_start(struct child *c, const struct process *p, struct error *err)
{
	auto_fd int in = -1, out = -1, log = -1;
	int made;

	if (p->input.n > 0)
		made = make_pipe(&c->in, &in, false);
	else
		made = in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (made < 0 || make_pipe(&c->out, &out, true) < 0 ||
	    make_pipe(&c->log, &log, true) < 0)
		return error_sys(err, "run %s: open a pipe", p->argv[0]);
	c->input = p->input;
	if (spawn(p, (int[3]){ in, out, log }, &c->pid) < 0) {
		c->pid = 0;
		return error_sys(err, "run %s", p->argv[0]);
	}
	c->pid_fd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pid_fd >= 0)
		fcntl(c->pid_fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

/* Writes what the pipe takes. A program may end without reading everything. */
static int
feed(struct child *c, struct error *err)
{
	ssize_t n = write(c->in, c->input.p, c->input.n);

	if (n < 0 && errno == EPIPE)
		n = (ssize_t)c->input.n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return error_sys(err, "write its input");
	c->input = text_from(c->input, (size_t)n);
	if (c->input.n == 0)
		own_close(&c->in);
	return 0;
}

/* Reads the data in the pipe *FD now, and closes it at its end. The number of reads
 * is limited, because a writer may be as fast as we are, but enough for a full pipe
 * (64 KiB unless somebody enlarged it). */
static int
drain(int *fd, struct buf *to, size_t max, struct error *err)
{
	char bytes[16384];

	for (int i = 0; i < 64 && *fd >= 0; i++) {
		ssize_t n = read(*fd, bytes, sizeof bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return error_sys(err, "read its output");
		if (n == 0)
			own_close(fd);
		else if (to != NULL && (size_t)n > max - to->n)
			return error_set(err, ERR_INTERNAL, "too much output");
		else if (to != NULL)
			buf_add(to, bytes, (size_t)n);
	}
	return 0;
}

/* How long B may become by adding MORE bytes. */
static size_t
max_length(const struct buf *b, size_t more)
{
	size_t before = b == NULL ? 0 : b->n, sum;

	return __builtin_add_overflow(before, more, &sum) ? SIZE_MAX : sum;
}

/* True if the child has ended; the result is kept. */
static bool
child_ended(struct child *c)
{
	if (c->pid > 0 && waitpid(c->pid, &c->status, WNOHANG) == c->pid)
		c->pid = 0;
	return c->pid == 0;
}

/* This ends with the child, not with its pipes, because a daemon that it started may keep
 * them open. The end is checked before the pipes are read, so all output before it is
 * read. */
static int
child_talk(struct child *c, const struct process *p, struct buf *out, struct buf *log,
           struct error *err)
{
	size_t out_max = max_length(out, p->output_max);
	size_t log_max = max_length(log, p->output_max);
	int64_t until_ns = clock_monotonic_ns() + p->timeout_s * NS_PER_S;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = c->in, .events = POLLOUT },
			{ .fd = c->out, .events = POLLIN },
			{ .fd = c->log, .events = POLLIN },
			{ .fd = c->pid_fd, .events = POLLIN },
			{ .fd = cancel_fd(p->cancel), .events = POLLIN },
		};
		bool ended;

		if (poll(fds, COUNT_OF(fds),
		         c->pid_fd < 0 || p->timeout_s > 0 ? LOOK_MS : -1) < 0 &&
		    errno != EINTR)
			return error_sys(err, "poll");
		if (cancel_check(p->cancel, err) < 0)
			return -1;
		if (p->timeout_s > 0 && clock_monotonic_ns() > until_ns)
			return error_set(err, ERR_INTERNAL,
			                 "it did not end within %d seconds",
			                 p->timeout_s);
		ended = child_ended(c);
		if ((c->in >= 0 && fds[0].revents != 0 && feed(c, err) < 0) ||
		    drain(&c->out, out, out_max, err) < 0 ||
		    drain(&c->log, log, log_max, err) < 0)
			return -1;
		if (ended)
			return 0;
	}
}

/* A write to a pipe without a reader raises SIGPIPE in the writing thread. So it is
 * blocked while the child runs, and then cleared unless it was pending before. */
struct pipe_signal {
	sigset_t saved;
	bool was_pending;
};

static void
hold_sigpipe(struct pipe_signal *s)
{
	sigset_t set, pending;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigpending(&pending);
	s->was_pending = sigismember(&pending, SIGPIPE) == 1;
	pthread_sigmask(SIG_BLOCK, &set, &s->saved);
}

static void
release_sigpipe(struct pipe_signal *s)
{
	const struct timespec now = { 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	while (!s->was_pending && sigtimedwait(&set, NULL, &now) < 0 && errno == EINTR)
		continue;
	pthread_sigmask(SIG_SETMASK, &s->saved, NULL);
}

int
process_run(const struct process *p, struct buf *out, struct buf *log, int *status,
            struct error *err)
{
	__attribute__((cleanup(child_clear))) struct child c = {
		.pid_fd = -1, .in = -1, .out = -1, .log = -1
	};
	struct pipe_signal signal;
	int result;

	if (cancel_check(p->cancel, err) < 0)
		return error_wrap(err, "run %s", p->argv[0]);
	if (child_start(&c, p, err) < 0)
		return -1;
	hold_sigpipe(&signal);
	result = child_talk(&c, p, out, log, err);
	release_sigpipe(&signal);
	if (result < 0)
		return error_wrap(err, "run %s", p->argv[0]);
	*status = c.status;
	return 0;
}
