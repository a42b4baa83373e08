#include "builder/run/stopper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"

/* A program that does not take them any more misses nothing. */
static void
pass_on(struct stopper *s, int number)
{
	const unsigned char byte = (unsigned char)number;

	while (write(s->write_fd, &byte, 1) < 0 && errno == EINTR)
		continue;
}

static void *
stopper_thread(void *arg)
{
	struct stopper *s = arg;
	struct pollfd stop = { .fd = s->stop_fd, .events = POLLIN };
	const struct timespec grace = { .tv_sec = s->grace_ns / NS_PER_S,
		                        .tv_nsec = s->grace_ns % NS_PER_S };

	if (ppoll(&stop, 1, &grace, NULL) == 0)
		pass_on(s, SIGKILL);
	return NULL;
}

static bool
means_end(int number)
{
	return number == SIGINT || number == SIGTERM || number == SIGHUP ||
	       number == SIGQUIT;
}

int
stopper_open(struct stopper *s, int64_t grace_ns, struct error *err)
{
	int ends[2];

	*s = (struct stopper){ .signals_fd = -1, .write_fd = -1, .stop_fd = -1 };
	s->grace_ns = grace_ns;
	pthread_mutex_init(&s->lock, NULL);
	s->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (s->stop_fd < 0 || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_sys(err, "open a pipe");
	s->signals_fd = ends[0];
	s->write_fd = ends[1];
	return 0;
}

void
stopper_end(struct stopper *s, int number)
{
	pthread_mutex_lock(&s->lock);
	if (s->is_ending) {
		pass_on(s, SIGKILL);
	} else {
		pass_on(s, number);
		s->is_ending = pthread_create(&s->timer, NULL, stopper_thread, s) == 0;
	}
	pthread_mutex_unlock(&s->lock);
}

void
stopper_signal(struct stopper *s, int number)
{
	if (means_end(number))
		stopper_end(s, number);
	else
		pass_on(s, number);
}

void
stopper_close(struct stopper *s)
{
	uint64_t one = 1;

	if (s->is_ending && write(s->stop_fd, &one, sizeof one) == sizeof one)
		pthread_join(s->timer, NULL);
	own_close(&s->signals_fd);
	own_close(&s->write_fd);
	own_close(&s->stop_fd);
	pthread_mutex_destroy(&s->lock);
}
