#include "base/cancel.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"

struct cancel {
	atomic_bool set;
	int fd; /* an event counter that nobody reads */
};

struct cancel *
cancel_new(struct error *err)
{
	auto_fd int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct cancel *c;

	if (fd < 0) {
		error_sys(err, "create an event descriptor");
		return NULL;
	}
	c = mem_new(sizeof *c);
	atomic_init(&c->set, false);
	c->fd = take_fd(&fd);
	return c;
}

void
cancel_free(struct cancel *c)
{
	if (c == NULL)
		return;
	own_close(&c->fd);
	free(c);
}

void
cancel_trigger(struct cancel *c)
{
	const uint64_t one = 1;

	/* The first write to an empty counter cannot fail. */
	if (!atomic_exchange(&c->set, true))
		(void)!write(c->fd, &one, sizeof one);
}

bool
cancel_is_set(const struct cancel *c)
{
	return c != NULL && atomic_load(&c->set);
}

int
cancel_fd(const struct cancel *c)
{
	return c == NULL ? -1 : c->fd;
}

int
cancel_check(const struct cancel *c, struct error *err)
{
	return cancel_is_set(c) ? error_set(err, ERR_CANCELLED, "cancelled") : 0;
}

int
cancel_wait_fd(const struct cancel *c, int fd, struct error *err)
{
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
		                { .fd = cancel_fd(c), .events = POLLIN } };

	do
		if (cancel_check(c, err) < 0)
			return -1;
	while (poll(fds, 2, -1) < 0 && errno == EINTR);
	return cancel_check(c, err);
}

bool
cancel_pause(const struct cancel *c, int64_t ns)
{
	int64_t until_ns = clock_monotonic_ns() + ns, left_ns;

	while (!cancel_is_set(c) && (left_ns = until_ns - clock_monotonic_ns()) > 0) {
		const struct timespec left = { .tv_sec = left_ns / NS_PER_S,
			                       .tv_nsec = left_ns % NS_PER_S };
		/* A negative descriptor is ignored. */
		struct pollfd stop = { .fd = cancel_fd(c), .events = POLLIN };

		ppoll(&stop, 1, &left, NULL);
	}
	return !cancel_is_set(c);
}
