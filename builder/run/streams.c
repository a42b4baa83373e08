#include "builder/run/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/own.h"

#define PIECE     65536
#define PIPE_SIZE (1024 * 1024) /* the system's limit for one user may be lower */

/* ------------------------------------------------------------ the thread */

/* False on failure, with the reason in R. */
static bool
write_all(struct relay *r, const char *bytes, size_t n)
{
	while (n > 0) {
		struct pollfd wait = { .fd = r->to, .events = POLLOUT };
		ssize_t written = write(r->to, bytes, n);

		if (written >= 0) {
			bytes += written;
			n -= (size_t)written;
		} else if (errno == EAGAIN) {
			poll(&wait, 1, -1);
		} else if (errno != EINTR) {
			r->sys = errno;
			return false;
		}
	}
	return true;
}

static bool
move_piece(struct relay *r)
{
	char bytes[PIECE];
	ssize_t n = read(r->from, bytes, sizeof bytes);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	return n > 0 && write_all(r, bytes, (size_t)n);
}

/* What is told to stop moves what is there first. */
static void *
relay_thread(void *arg)
{
	struct relay *r = arg;

	for (;;) {
		struct pollfd fds[] = { { .fd = r->from, .events = POLLIN },
			                { .fd = r->stop_fd, .events = POLLIN } };

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents != 0 && ((fds[0].revents & POLLIN) == 0 || r->owns_to))
			break;
		if (fds[0].revents != 0 && !move_piece(r))
			break;
	}
	/* So that the other side knows. */
	if (r->owns_from)
		own_close(&r->from);
	if (r->owns_to)
		own_close(&r->to);
	return NULL;
}

static int
relay_start(struct relay *r, int stop_fd, struct error *err)
{
	r->stop_fd = stop_fd;
	if (pthread_create(&r->thread, NULL, relay_thread, r) != 0)
		return error_set(err, ERR_ENVIRONMENT, "cannot start a thread");
	r->is_started = true;
	return 0;
}

/* ------------------------------------------------------------ kinds */

/* A pipe without a name. */
static bool
is_pipe(int fd, const struct stat *st)
{
	struct statfs fs;

	return S_ISFIFO(st->st_mode) && fstatfs(fd, &fs) == 0 &&
	       fs.f_type == PIPEFS_MAGIC;
}

static bool
is_null(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

static int
open_pipe(int *read_end, int *write_end, struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, "open a pipe");
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE);
	*read_end = ends[0];
	*write_end = ends[1];
	return 0;
}

static int
copy(int fd, int *out, struct error *err)
{
	*out = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *out < 0 ? error_sys(err, "copy descriptor %d", fd) : 0;
}

static int
open_input(struct streams *s, bool takes_input, struct error *err)
{
	int write_end = -1;
	struct stat st;

	if (fstat(STDIN_FILENO, &st) < 0)
		return error_sys(err, "standard input");
	if (S_ISDIR(st.st_mode))
		return error_set(err, ERR_USAGE, "standard input is a directory");
	if (is_pipe(STDIN_FILENO, &st))
		return copy(STDIN_FILENO, &s->in_fd, err);
	if (open_pipe(&s->in_fd, &write_end, err) < 0)
		return -1;
	if (is_null(&st) || (!takes_input && isatty(STDIN_FILENO))) {
		own_close(&write_end);
		return 0;
	}
	s->in = (struct relay){ .from = STDIN_FILENO, .to = write_end, .owns_to = true };
	return relay_start(&s->in, s->stop_fd, err);
}

static int
open_output(int fd, int *end, struct relay *r, int stop_fd, struct error *err)
{
	int read_end = -1;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(err, "descriptor %d", fd);
	if (is_pipe(fd, &st))
		return copy(fd, end, err);
	if (open_pipe(&read_end, end, err) < 0)
		return -1;
	*r = (struct relay){ .from = read_end, .to = fd, .owns_from = true };
	return relay_start(r, stop_fd, err);
}

/* Two ways to one place would change the order of what is written. */
static bool
is_one_place(void)
{
	struct stat out, err;

	return fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &err) == 0 &&
	       out.st_dev == err.st_dev && out.st_ino == err.st_ino;
}

/* ------------------------------------------------------------ all */

int
streams_open(struct streams *s, bool takes_input, struct error *err)
{
	s->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (s->stop_fd < 0)
		return error_sys(err, "eventfd");
	if (open_input(s, takes_input, err) < 0 ||
	    open_output(STDOUT_FILENO, &s->out_fd, &s->out, s->stop_fd, err) < 0)
		return -1;
	if (is_one_place())
		return copy(s->out_fd, &s->err_fd, err);
	return open_output(STDERR_FILENO, &s->err_fd, &s->err, s->stop_fd, err);
}

static void
join(struct relay *r)
{
	if (r->is_started)
		pthread_join(r->thread, NULL);
	r->is_started = false;
}

static int
check(const struct relay *r, const char *what, struct error *err)
{
	if (r->sys == 0 || r->sys == EPIPE || r->sys == EIO)
		return 0;
	errno = r->sys;
	return error_sys(err, "write to %s", what);
}

int
streams_finish(struct streams *s, struct error *err)
{
	uint64_t one = 1;

	own_close(&s->in_fd);
	own_close(&s->out_fd);
	own_close(&s->err_fd);
	if (s->stop_fd >= 0 && write(s->stop_fd, &one, sizeof one) == sizeof one) {
		join(&s->in);
		join(&s->out);
		join(&s->err);
	}
	own_close(&s->stop_fd);
	return check(&s->out, "standard output", err) < 0 ||
	                       check(&s->err, "standard error", err) < 0
	               ? -1
	               : 0;
}

void
streams_clear(struct streams *s)
{
	auto_error struct error ignored = ERROR_INIT;

	streams_finish(s, &ignored);
}
