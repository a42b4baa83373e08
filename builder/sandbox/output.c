#include "builder/sandbox/output.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/count.h"

#define READ_SIZE 65536

/* Reads the available data once. False if there was none; at the end *FD becomes -1. The
 * descriptor is the caller's and stays open. */
static bool
hand_on(struct output *o, int *fd, int stream)
{
	char bytes[READ_SIZE];
	ssize_t n = 0;

	if (*fd < 0)
		return false;
	do
		n = read(*fd, bytes, sizeof bytes);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0)
		*fd = -1;
	else if (o->log != NULL)
		o->log(o->log_arg, stream, bytes, (size_t)n);
	return n > 0;
}

static void
take_signal(struct output *o)
{
	unsigned char number = 0;
	ssize_t n = read(o->signals_fd, &number, 1);

	if (n == 1)
		o->deliver(o->deliver_arg, number);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		o->signals_fd = -1;
}

int
output_pump(struct output *o, const struct cancel *cancel, struct error *err)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = o->out_fd, .events = POLLIN },
			{ .fd = o->err_fd, .events = POLLIN },
			{ .fd = o->end_fd, .events = POLLIN },
			{ .fd = cancel_fd(cancel), .events = POLLIN },
			{ .fd = o->signals_fd, .events = POLLIN },
		};

		if (poll(fds, COUNT_OF(fds), -1) < 0) {
			if (errno == EINTR)
				continue;
			return error_sys(err, "wait for a step");
		}
		if (fds[3].revents != 0 && cancel_check(cancel, err) < 0)
			return -1;
		if (fds[0].revents != 0)
			hand_on(o, &o->out_fd, 1);
		if (fds[1].revents != 0)
			hand_on(o, &o->err_fd, 2);
		if (fds[2].revents != 0)
			return 0;
		if (fds[4].revents != 0)
			take_signal(o);
	}
}

void
output_drain(struct output *o)
{
	while (hand_on(o, &o->out_fd, 1))
		continue;
	while (hand_on(o, &o->err_fd, 2))
		continue;
}
