#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/inroot.h"
#include "base/mem.h"
#include "base/own.h"

/* ------------------------------------------------------------ descriptors */

/* Waits until FD has data, or is at its end. */
static int
wait_for(int fd, const struct cancel *c, struct error *err)
{
	struct pollfd wait[2] = { { .fd = fd, .events = POLLIN },
		                  { .fd = cancel_fd(c), .events = POLLIN } };

	while (poll(wait, 2, -1) < 0)
		if (errno != EINTR)
			return error_sys(err, "wait");
	return wait[0].revents != 0 ? 0 : cancel_check(c, err);
}

/* Bytes read, 0 at the end, -1. */
static ssize_t
read_some(int fd, void *to, size_t n, const struct cancel *c, struct error *err)
{
	bool waits = c != NULL;

	for (;;) {
		ssize_t got = -1;

		if (cancel_check(c, err) < 0 || (waits && wait_for(fd, c, err) < 0))
			return -1;
		got = read(fd, to, n);
		if (got >= 0)
			return got;
		if (errno != EINTR && errno != EAGAIN)
			return error_sys(err, "read");
		waits = waits || errno == EAGAIN;
	}
}

int
input_read_fd(int fd, size_t max, const struct cancel *c, struct buf *out,
              struct error *err)
{
	size_t before = out->n, chunk = 4096;

	for (;;) {
		ssize_t n = 0;

		buf_reserve(out, chunk);
		n = read_some(fd, out->p + out->n, chunk, c, err);
		if (n > 0 && (size_t)n > max - (out->n - before))
			n = error_set(err, ERR_DAMAGED, "more than %zu bytes", max);
		if (n < 0)
			buf_truncate(out, before);
		if (n <= 0)
			return n < 0 ? -1 : 1;
		out->n += (size_t)n;
		out->p[out->n] = '\0';
		chunk = out->n - before < 65536 ? 4096 : 65536;
	}
}

/* ------------------------------------------------------------ names */

/* What the user can change by naming something else, unlike a fault of the machine. */
static int
bad_name(const char *name, struct error *err)
{
	error_sys(err, "read %s", name);
	return error_named(err, ERR_SOURCE);
}

/* A pipe without a writer is at its end at once. A pipe with a writer has data, or none
 * yet. */
static int
begin_pipe(int fd, const char *name, struct buf *out, struct error *err)
{
	char bytes[512];
	ssize_t n = read(fd, bytes, sizeof bytes);

	if (n == 0)
		return error_set(err, ERR_SOURCE, "%s is a pipe that nobody writes to",
		                 name);
	if (n > 0)
		buf_add(out, bytes, (size_t)n);
	return 0;
}

/* OUT may get the beginning of the available data. */
static int
begin(int fd, const char *name, bool only_regular, struct buf *out, struct error *err)
{
	const dev_t null = makedev(1, 3);
	struct stat sb;

	if (fstat(fd, &sb) < 0)
		return error_sys(err, "stat %s", name);
	if (S_ISREG(sb.st_mode))
		return 0;
	if (S_ISDIR(sb.st_mode)) {
		error_set(err, ERR_SOURCE, "%s is a directory, not a regular file", name);
		err->sys = EISDIR;
		return -1;
	}
	if (S_ISFIFO(sb.st_mode) && !only_regular)
		return begin_pipe(fd, name, out, err);
	if (S_ISCHR(sb.st_mode) && !only_regular &&
	    (sb.st_rdev == null || isatty(fd) != 0))
		return 0;
	return error_set(err, ERR_SOURCE, "%s is not a regular file", name);
}

int
input_read(int dir_fd, const char *name, size_t max, const struct cancel *c,
           struct buf *out, struct error *err)
{
	auto_fd int fd = openat(dir_fd, name,
	                        O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return bad_name(name, err);
	if (begin(fd, name, false, out, err) < 0)
		return -1;
	if (input_read_fd(fd, max, c, out, err) < 0)
		return err->code == ERR_CANCELLED ? -1 : error_wrap(err, "%s", name);
	return 1;
}

/* NAME is a link whose end is not there, seen from inside. */
static int
absent_inside(int root_fd, const char *name, const char *shown, struct error *err)
{
	struct stat sb;

	if (fstatat(root_fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISLNK(sb.st_mode))
		return 0;
	error_set(err, ERR_SOURCE,
	          "%s is a link that leads out of its directory, or to nothing", shown);
	return error_hint(err, "links are followed inside of the context only");
}

int
input_read_inside(int root_fd, const char *name, const char *shown, size_t max,
                  struct buf *out, struct error *err)
{
	auto_fd int fd = inroot_open(root_fd, name, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return absent_inside(root_fd, name, shown, err);
	if (fd < 0)
		return bad_name(shown, err);
	if (begin(fd, shown, true, out, err) < 0)
		return -1;
	if (input_read_fd(fd, max, NULL, out, err) < 0)
		return error_wrap(err, "%s", shown);
	return 1;
}

bool
input_is_descriptor(const char *name)
{
	struct text t = text_of(name);

	return text_is(t, "/dev/stdin") || text_starts(t, "/dev/fd/") ||
	       text_starts(t, "/proc/self/fd/");
}
