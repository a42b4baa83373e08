#include "builder/cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"

#define NAME_MAX_PTY 64
/* The delay until a new window size, or the rest of the output at the end, is seen. */
#define TICK_MS 200
#define PIECE   4096

struct terminal {
	bool has_input;
	int master, slave, stop_fd;
	struct termios before;
	struct winsize size;
	pthread_t pump;
};

static void
copy_size(struct terminal *t)
{
	struct winsize now;

	if ((ioctl(STDIN_FILENO, TIOCGWINSZ, &now) < 0 &&
	     ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) < 0) ||
	    (now.ws_row == t->size.ws_row && now.ws_col == t->size.ws_col))
		return;
	t->size = now;
	ioctl(t->master, TIOCSWINSZ, &now);
}

/* False at the end of FROM. */
static bool
hand_on(int from, int to)
{
	char bytes[PIECE];
	ssize_t n = read(from, bytes, sizeof bytes);

	for (ssize_t done = 0; done < n;) {
		ssize_t written = write(to, bytes + done, (size_t)(n - done));

		if (written < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		if (written > 0)
			done += written;
	}
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static void *
terminal_pump(void *arg)
{
	struct terminal *t = arg;
	bool has_input = t->has_input;

	for (;;) {
		struct pollfd fds[] = { { .fd = t->master, .events = POLLIN },
			                { .fd = t->stop_fd, .events = POLLIN },
			                { .fd = has_input ? STDIN_FILENO : -1,
			                  .events = POLLIN } };

		copy_size(t);
		if (poll(fds, 3, TICK_MS) < 0 && errno != EINTR)
			return NULL;
		if ((fds[0].revents & POLLIN) != 0 && !hand_on(t->master, STDOUT_FILENO))
			return NULL;
		/* The end counts only when no output is left. */
		if (fds[1].revents != 0 && (fds[0].revents & POLLIN) == 0)
			return NULL;
		if (fds[2].revents != 0)
			has_input = hand_on(STDIN_FILENO, t->master);
	}
}

static int
open_pair(struct terminal *t, struct error *err)
{
	char name[NAME_MAX_PTY];

	t->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->master < 0 || grantpt(t->master) < 0 || unlockpt(t->master) < 0 ||
	    ptsname_r(t->master, name, sizeof name) != 0) {
		error_sys(err, "open a terminal");
		err->code = ERR_ENVIRONMENT;
		return error_hint(err, "it comes from /dev/ptmx and /dev/pts");
	}
	t->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	t->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (t->slave < 0 || t->stop_fd < 0)
		return error_sys(err, "open %s", name);
	return 0;
}

static void
terminal_free(struct terminal *t)
{
	own_close(&t->master);
	own_close(&t->slave);
	own_close(&t->stop_fd);
	free(t);
}

struct terminal *
terminal_join(bool has_input, struct error *err)
{
	struct terminal *t = mem_new(sizeof *t);
	struct termios raw;
	int failed = 0;

	t->has_input = has_input;

	t->master = t->slave = t->stop_fd = -1;
	failed = open_pair(t, err);
	if (failed == 0 && has_input && tcgetattr(STDIN_FILENO, &t->before) < 0)
		failed = error_sys(err, "standard input");
	if (failed < 0) {
		terminal_free(t);
		return NULL;
	}
	copy_size(t);
	raw = t->before;
	cfmakeraw(&raw);
	if (has_input)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	pthread_create(&t->pump, NULL, terminal_pump, t);
	return t;
}

int
terminal_fd(const struct terminal *t)
{
	return t->slave;
}

void
terminal_leave(struct terminal *t)
{
	uint64_t one = 1;

	if (t == NULL)
		return;
	if (write(t->stop_fd, &one, sizeof one) == (ssize_t)sizeof one)
		pthread_join(t->pump, NULL);
	if (t->has_input)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &t->before);
	terminal_free(t);
}
