#include "builder/cli/session.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/count.h"

#define SAME_SIGNAL_NS (200 * NS_PER_MS)

/* The signals that stop us. If a signal was ignored when we started (nohup, a shell's
 * "&"), it stays ignored. */
static void
wanted_signals(sigset_t *set, bool are_forwarded)
{
	static const int signals[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2
	};
	const size_t n = are_forwarded ? COUNT_OF(signals) : 3;

	sigemptyset(set);
	for (size_t i = 0; i < n; i++) {
		struct sigaction now;

		if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaddset(set, signals[i]);
	}
}

/* False if it is for us. */
static bool
pass_on(struct session *s, int number)
{
	bool is_passed = false;

	pthread_mutex_lock(&s->lock);
	is_passed = s->forward != NULL;
	if (is_passed)
		s->forward(s->forward_arg, number);
	pthread_mutex_unlock(&s->lock);
	return is_passed;
}

/* What has come last, and when. */
struct last_signal {
	uint32_t number;
	int64_t time_ns;
};

/* timeout(1) and others send a signal to us and to our group: one that would end us, and
 * that comes again at once, is the same. */
static bool
is_same_again(struct last_signal *last, uint32_t number)
{
	const int64_t now = clock_monotonic_ns();
	const bool ends = number != SIGUSR1 && number != SIGUSR2;

	if (ends && number == last->number && now - last->time_ns < SAME_SIGNAL_NS)
		return true;
	*last = (struct last_signal){ number, now };
	return false;
}

/* First signal: everything stops in good order. Second: at once; children die
 * with us, and the next run removes the leftovers in tmp/. */
static void *
wait_for_signals(void *arg)
{
	struct session *s = arg;
	struct last_signal last = { 0 };
	int seen = 0;

	for (;;) {
		struct pollfd wait[2] = { { .fd = s->signal_fd, .events = POLLIN },
			                  { .fd = s->stop_fd, .events = POLLIN } };
		struct signalfd_siginfo info;

		if (poll(wait, 2, -1) < 0)
			continue;
		if (wait[1].revents != 0)
			break;
		if (read(s->signal_fd, &info, sizeof info) != sizeof info ||
		    is_same_again(&last, info.ssi_signo) ||
		    pass_on(s, (int)info.ssi_signo))
			continue;
		if (seen++ > 0)
			_exit(130);
		cancel_trigger(s->cancel);
	}
	return NULL;
}

enum progress
session_progress(void)
{
	enum progress progress = PROGRESS_AUTO;
	const char *said = getenv("BUILDKIT_PROGRESS");

	if (said != NULL)
		progress_parse(text_of(said), &progress);
	return progress;
}

int
session_start(struct session *s, enum progress progress, struct error *err)
{
	return session_start_on(s, progress, stderr, err);
}

int
session_start_on(struct session *s, enum progress progress, FILE *out, struct error *err)
{
	sigset_t set;

	*s = (struct session){ .stop_fd = -1, .signal_fd = -1 };
	pthread_mutex_init(&s->lock, NULL);
	wanted_signals(&set, false);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* EFBIG says it */
	s->cancel = cancel_new(err);
	if (s->cancel == NULL)
		return -1;
	s->stop_fd = eventfd(0, EFD_CLOEXEC);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (s->stop_fd < 0 || s->signal_fd < 0)
		return error_sys(err, "eventfd");
	if (pthread_create(&s->signals, NULL, wait_for_signals, s) != 0)
		return error_set(err, ERR_ENVIRONMENT, "cannot start a thread");
	s->started = true;
	s->ui = ui_new(progress, out);
	return 0;
}

void
session_end(struct session *s)
{
	ui_free(s->ui);
	if (s->started) {
		uint64_t one = 1;

		if (write(s->stop_fd, &one, sizeof one) == sizeof one)
			pthread_join(s->signals, NULL);
	}
	own_close(&s->stop_fd);
	own_close(&s->signal_fd);
	cancel_free(s->cancel);
	*s = (struct session){ .stop_fd = -1, .signal_fd = -1 };
}

void
session_hold(void)
{
	sigset_t set;

	wanted_signals(&set, true);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void
session_forward(struct session *s, session_signal_fn *fn, void *arg)
{
	sigset_t set;

	pthread_mutex_lock(&s->lock);
	s->forward = fn;
	s->forward_arg = arg;
	pthread_mutex_unlock(&s->lock);
	wanted_signals(&set, fn != NULL);
	signalfd(s->signal_fd, &set, SFD_CLOEXEC);
}
