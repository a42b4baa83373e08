#include "builder/steps/agent_relay.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/base.h"
#include "base/file.h"

/* The number of concurrent clients; more wait in the socket's queue. */
#define CLIENTS_MAX 32
#define PIECE       4096

/* Bytes on their way from one side to the other. */
struct flow {
	char bytes[PIECE];
	size_t n, sent;
	bool ended; /* nothing more comes */
};

struct client {
	int fds[2];           /* the step's side, the agent's */
	struct flow flows[2]; /* what comes from each */
};

struct agent_relay {
	int listen_fd, stop_fd;
	struct sockaddr_un agent;
	pthread_t thread;
	size_t n_clients;
	struct client *clients[CLIENTS_MAX];
};

/* ------------------------------------------------------------ clients */

static void
client_free(struct client *c)
{
	own_close(&c->fds[0]);
	own_close(&c->fds[1]);
	free(c);
}

static void
client_accept(struct agent_relay *r)
{
	int fd = accept4(r->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c = NULL;

	if (fd < 0)
		return;
	c = mem_new(sizeof *c);
	c->fds[0] = fd;
	c->fds[1] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fds[1] < 0 ||
	    connect(c->fds[1], (struct sockaddr *)&r->agent, sizeof r->agent) < 0) {
		client_free(c);
		return;
	}
	r->clients[r->n_clients++] = c;
}

/* Reads from side FROM if there is room, writes to the other side. -1: over. */
static int
flow_move(struct client *c, int from)
{
	struct flow *f = &c->flows[from];
	ssize_t n = 0;

	if (f->n == 0 && !f->ended) {
		n = recv(c->fds[from], f->bytes, sizeof f->bytes, MSG_DONTWAIT);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		f->n = (size_t)n;
		f->sent = 0;
		f->ended = n == 0;
		if (f->ended)
			shutdown(c->fds[!from], SHUT_WR);
	}
	if (f->n == 0)
		return 0;
	n = send(c->fds[!from], f->bytes + f->sent, f->n - f->sent,
	         MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	f->sent += (size_t)n;
	if (f->sent == f->n)
		f->n = 0;
	return 0;
}

/* The poll events that SIDE waits for. */
static short
client_events(const struct client *c, int side)
{
	const struct flow *in = &c->flows[side], *out = &c->flows[!side];

	return (short)((in->n == 0 && !in->ended ? POLLIN : 0) |
	               (out->n > 0 ? POLLOUT : 0));
}

static bool
client_is_over(const struct client *c)
{
	return c->flows[0].ended && c->flows[1].ended && c->flows[0].n == 0 &&
	       c->flows[1].n == 0;
}

/* ------------------------------------------------------------ the thread */

/* A side that waits for nothing is not polled, because poll(2) would report its end
 * forever. */
static nfds_t
fill_polls(const struct agent_relay *r, struct pollfd *polls)
{
	nfds_t n = 0;

	polls[n++] = (struct pollfd){ r->stop_fd, POLLIN, 0 };
	polls[n++] = (struct pollfd){ r->n_clients < CLIENTS_MAX ? r->listen_fd : -1,
		                      POLLIN, 0 };
	for (size_t i = 0; i < r->n_clients; i++)
		for (int side = 0; side < 2; side++) {
			short events = client_events(r->clients[i], side);

			polls[n++] = (struct pollfd){
				events == 0 ? -1 : r->clients[i]->fds[side], events, 0
			};
		}
	return n;
}

static void
serve_clients(struct agent_relay *r)
{
	for (size_t i = r->n_clients; i-- > 0;) {
		struct client *c = r->clients[i];

		if (flow_move(c, 0) == 0 && flow_move(c, 1) == 0 && !client_is_over(c))
			continue;
		client_free(c);
		r->clients[i] = r->clients[--r->n_clients];
	}
}

static void *
relay_main(void *arg)
{
	struct agent_relay *r = arg;
	struct pollfd polls[2 + 2 * CLIENTS_MAX];

	for (;;) {
		nfds_t n = fill_polls(r, polls);

		if (poll(polls, n, -1) < 0 && errno != EINTR)
			break;
		if (polls[0].revents != 0)
			break;
		serve_clients(r);
		if (polls[1].revents != 0)
			client_accept(r);
	}
	return NULL;
}

/* ------------------------------------------------------------ */

/* The name goes through the directory's descriptor, because a socket's address is limited
 * to 108 bytes. */
static int
socket_make(int dir_fd, mode_t mode, uid_t uid, gid_t gid, int *out, struct error *err)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char dir[FILE_FD_PATH_MAX];

	snprintf(at.sun_path, sizeof at.sun_path, "%s/" AGENT_RELAY_NAME,
	         file_fd_path(dir_fd, dir));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 ||
	    listen(fd, CLIENTS_MAX) < 0)
		return error_sys(err, "make a socket for the ssh agent");
	if (fchownat(dir_fd, AGENT_RELAY_NAME, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno != EINVAL && errno != EPERM)
		return error_sys(err, "owner of the ssh agent's socket");
	if (fchmodat(dir_fd, AGENT_RELAY_NAME, mode & 07777, 0) < 0)
		return error_sys(err, "mode of the ssh agent's socket");
	*out = take_fd(&fd);
	return 0;
}

static int
relay_start(struct agent_relay *r, int dir_fd, mode_t mode, uid_t uid, gid_t gid,
            struct error *err)
{
	if (socket_make(dir_fd, mode, uid, gid, &r->listen_fd, err) < 0)
		return -1;
	r->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (r->stop_fd < 0)
		return error_sys(err, "eventfd");
	errno = pthread_create(&r->thread, NULL, relay_main, r);
	return errno == 0 ? 0 : error_sys(err, "start a thread");
}

struct agent_relay *
agent_relay_new(int dir_fd, const char *agent, mode_t mode, uid_t uid, gid_t gid,
                struct error *err)
{
	struct agent_relay *r = mem_new(sizeof *r);
	size_t n = strlen(agent);

	r->listen_fd = r->stop_fd = -1;
	r->agent.sun_family = AF_UNIX;
	if (n >= sizeof r->agent.sun_path) {
		error_set(err, ERR_USAGE,
		          "ssh agent %s: the path is too long for a socket", agent);
	} else {
		memcpy(r->agent.sun_path, agent, n + 1);
		if (relay_start(r, dir_fd, mode, uid, gid, err) == 0)
			return r;
	}
	own_close(&r->listen_fd);
	own_close(&r->stop_fd);
	free(r);
	return NULL;
}

void
agent_relay_free(struct agent_relay *r)
{
	uint64_t one = 1;

	if (r == NULL)
		return;
	if (write(r->stop_fd, &one, sizeof one) == sizeof one)
		pthread_join(r->thread, NULL);
	while (r->n_clients > 0)
		client_free(r->clients[--r->n_clients]);
	own_close(&r->listen_fd);
	own_close(&r->stop_fd);
	free(r);
}
