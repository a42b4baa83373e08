#include "builder/run/health.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/event.h"
#include "builder/sandbox/sandbox.h"

/* As much as Docker keeps of what a probe prints. */
#define OUTPUT_MAX 4096

/* Beyond the probe's time, after which the prober has to answer. */
#define ANSWER_SLACK_NS (10 * NS_PER_S)

int
health_open(struct health_check *h, const struct health_times *times, struct error *err)
{
	int ends[2];

	*h = (struct health_check){
		.times = *times, .socket_fd = -1, .prober_fd = -1, .stop_fd = -1
	};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_sys(err, "open a socket pair");
	h->socket_fd = ends[0];
	h->prober_fd = ends[1];
	h->stop_fd = eventfd(0, EFD_CLOEXEC);
	return h->stop_fd < 0 ? error_sys(err, "eventfd") : 0;
}

void
health_close(struct health_check *h)
{
	health_stop(h);
	own_close(&h->socket_fd);
	own_close(&h->prober_fd);
	own_close(&h->stop_fd);
	free(h->reason);
	free(h->output);
	h->reason = h->output = NULL;
}

/* ------------------------------------------------------------ one probe */

static int
send_request(int socket_fd, int out_fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
		              .msg_iovlen = 1,
		              .msg_control = &control,
		              .msg_controllen = sizeof control };

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof out_fd);
	memcpy(CMSG_DATA(&control.head), &out_fd, sizeof out_fd);
	return sendmsg(socket_fd, &msg, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

/* What is there; false when nothing will come any more. */
static bool
take_output(int fd, struct buf *out)
{
	char bytes[OUTPUT_MAX];
	ssize_t n = read(fd, bytes, sizeof bytes);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (out->n < OUTPUT_MAX)
		buf_add(out, bytes,
		        (size_t)n < OUTPUT_MAX - out->n ? (size_t)n
		                                        : OUTPUT_MAX - out->n);
	return n > 0;
}

enum reply { REPLY_STATUS, REPLY_NONE, REPLY_STOPPED };

/* Waits for the probe's status, and takes its output meanwhile. */
static enum reply
await_status(const struct health_check *h, int out_fd, struct buf *out, int *status)
{
	const int64_t end_ns = clock_monotonic_ns() + h->times.timeout + ANSWER_SLACK_NS;
	bool has_output = true;

	for (;;) {
		const int64_t left = end_ns - clock_monotonic_ns();
		struct pollfd fds[] = { { .fd = h->socket_fd, .events = POLLIN },
			                { .fd = h->stop_fd, .events = POLLIN },
			                { .fd = has_output ? out_fd : -1,
			                  .events = POLLIN } };

		const struct timespec most = { .tv_sec = left / NS_PER_S,
			                       .tv_nsec = left % NS_PER_S };

		if (left <= 0)
			return REPLY_NONE;
		if (ppoll(fds, 3, &most, NULL) < 0 && errno != EINTR)
			return REPLY_NONE;
		if (fds[1].revents != 0)
			return REPLY_STOPPED;
		if (fds[2].revents != 0)
			has_output = take_output(out_fd, out);
		if (fds[0].revents == 0)
			continue;
		if (recv(h->socket_fd, status, sizeof *status, 0) != sizeof *status)
			return REPLY_NONE;
		while (has_output && poll(&fds[2], 1, 0) > 0)
			has_output = take_output(out_fd, out);
		return REPLY_STATUS;
	}
}

/* Why it failed, or NULL: it did not. */
static char *
reason_of(enum reply reply, int status)
{
	if (reply == REPLY_NONE)
		return mem_copy("the container does not run it any more");
	if (status == SANDBOX_PROBE_TIMED_OUT)
		return mem_copy("it took too long");
	if (WIFSIGNALED(status))
		return mem_print("killed by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status) == 0
	               ? NULL
	               : mem_print("exit status %d", WEXITSTATUS(status));
}

static void
tell_failure(const struct health_check *h)
{
	event_warn(0, "health check %u of %lld: %s%s%s", h->n_failed,
	           (long long)h->times.retries, h->reason, *h->output == '\0' ? "" : ": ",
	           h->output);
}

static void
judge(struct health_check *h, bool counts, enum reply reply, int status)
{
	free(h->reason);
	h->reason = reason_of(reply, status);
	if (h->reason == NULL) {
		h->answer = HEALTH_GOOD;
	} else if (counts) {
		h->n_failed++;
		tell_failure(h);
		if (h->n_failed >= h->times.retries)
			h->answer = HEALTH_BAD;
	}
}

/* False: the program has ended. */
static bool
probe(struct health_check *h, bool counts)
{
	auto_buf struct buf out = BUF_INIT;
	auto_fd int read_end = -1;
	enum reply reply = REPLY_NONE;
	int ends[2], status = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return true;
	read_end = ends[0];
	fcntl(read_end, F_SETFL, O_NONBLOCK);
	if (send_request(h->socket_fd, ends[1]) == 0) {
		close(ends[1]);
		reply = await_status(h, read_end, &out, &status);
	} else {
		close(ends[1]);
	}
	if (reply == REPLY_STOPPED)
		return false;
	free(h->output);
	h->output = text_copy(text_trim(buf_text(&out)));
	judge(h, counts, reply, status);
	return true;
}

/* ------------------------------------------------------------ the thread */

static bool
pause_until(const struct health_check *h, int64_t at_ns)
{
	struct pollfd stop = { .fd = h->stop_fd, .events = POLLIN };

	for (;;) {
		const int64_t left = at_ns - clock_monotonic_ns();
		const struct timespec most = { .tv_sec = left / NS_PER_S,
			                       .tv_nsec = left % NS_PER_S };
		int n = 0;

		if (left <= 0)
			return true;
		n = ppoll(&stop, 1, &most, NULL);
		if (n > 0 || (n < 0 && errno != EINTR))
			return false;
	}
}

static void *
health_thread(void *arg)
{
	struct health_check *h = arg;
	const int64_t start_ns = clock_monotonic_ns();

	while (h->answer == HEALTH_UNKNOWN) {
		bool counts = false;
		int64_t at = health_next(&h->times, clock_monotonic_ns() - start_ns,
		                         &counts);

		if (!pause_until(h, start_ns + at) || !probe(h, counts))
			return NULL;
	}
	h->done(h->done_arg);
	return NULL;
}

int
health_start(struct health_check *h, health_done_fn *done, void *arg, struct error *err)
{
	h->done = done;
	h->done_arg = arg;
	if (pthread_create(&h->thread, NULL, health_thread, h) != 0)
		return error_set(err, ERR_ENVIRONMENT, "cannot start a thread");
	h->is_started = true;
	return 0;
}

void
health_stop(struct health_check *h)
{
	uint64_t one = 1;

	if (h->is_started && write(h->stop_fd, &one, sizeof one) == sizeof one)
		pthread_join(h->thread, NULL);
	h->is_started = false;
}
