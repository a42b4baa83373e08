/*
 * loopback: servers on free ports of 127.0.0.1, for tests of registry. They are
 * killed when the test ends, also if it dies (PR_SET_PDEATHSIG).
 */
#ifndef TESTS_LIB_LOOPBACK_H
#define TESTS_LIB_LOOPBACK_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "base/file.h"

struct server {
	pid_t pid;
	int port;
	char *dir; /* its own temporary directory */
};

static inline int
free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	auto_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		mem_die("no free port");
	return ntohs(a.sin_port);
}

static inline bool
answers(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		                 .sin_port = htons((uint16_t)port),
		                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	auto_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
}

static inline char *
make_test_dir(void)
{
	char *dir = mem_copy("/tmp/cooper-test-XXXXXX");

	if (mkdtemp(dir) == NULL)
		mem_die("no temporary directory");
	return dir;
}

static inline void
write_file(const char *dir, const char *name, const char *text)
{
	auto_free char *path = mem_print("%s/%s", dir, name);
	auto_file FILE *f = fopen(path, "we");

	if (f == NULL || fputs(text, f) < 0)
		mem_die("cannot write a file for the test");
}

/* Starts ARGV, whose output goes to DIR/log, and waits until PORT answers. */
static inline bool
server_start(struct server *s, const char *const *argv)
{
	auto_free char *log = mem_print("%s/log", s->dir);
	struct timespec pause = { .tv_nsec = 20000000 };

	s->pid = fork();
	if (s->pid == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fd, 1);
		dup2(fd, 2);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	for (int i = 0; i < 500; i++) {
		if (answers(s->port))
			return true;
		if (waitpid(s->pid, NULL, WNOHANG) == s->pid)
			break;
		nanosleep(&pause, NULL);
	}
	s->pid = 0;
	return false;
}

static inline void
remove_test_dir(const char *dir)
{
	auto_error struct error err = ERROR_INIT;

	if (dir != NULL)
		file_remove_tree(AT_FDCWD, dir, &err);
}

static inline void
server_stop(struct server *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	remove_test_dir(s->dir);
	free(s->dir);
	*s = (struct server){ 0 };
}

/* Debian's docker-registry, storing in its directory. MORE is appended to its
 * configuration ("auth: …"). False if it is not installed. */
static inline bool
docker_registry_start(struct server *s, const char *more)
{
	auto_free char *config = NULL, *path = NULL;

	s->dir = make_test_dir();
	s->port = free_port();
	config = mem_print("version: 0.1\nlog: {level: error}\n"
	                   "storage: {filesystem: {rootdirectory: %s/data}, delete: "
	                   "{enabled: true}}\n"
	                   "http: {addr: \"127.0.0.1:%d\"}\n%s",
	                   s->dir, s->port, more);
	write_file(s->dir, "config.yml", config);
	path = mem_print("%s/config.yml", s->dir);
	return server_start(
	        s, (const char *const[]){ "docker-registry", "serve", path, NULL });
}

/* tests/lib/faulty_registry.py with SETTINGS, and TLS by CERT and KEY (or NULL).
 * Tests run in the top folder. */
static inline bool
faulty_registry_start(struct server *s, const char *settings, const char *cert,
                      const char *key)
{
	char port[16];
	const char *argv[] = { "python3", "tests/lib/faulty_registry.py", "--port", port,
		               settings,  cert != NULL ? "--tls" : NULL,  cert,     key,
		               NULL };

	s->dir = make_test_dir();
	s->port = free_port();
	snprintf(port, sizeof port, "%d", s->port);
	return server_start(s, argv);
}

/* POSTs BODY to PATH of a faulty registry without TLS; the answer's body is
 * appended to OUT. */
static inline void
server_post(const struct server *s, const char *path, const char *body, struct buf *out)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		                 .sin_port = htons((uint16_t)s->port),
		                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	auto_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	auto_buf struct buf text = BUF_INIT;
	char piece[4096];
	const char *end;
	ssize_t n;

	buf_print(&text,
	          "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
	          "Content-Length: %zu\r\n\r\n%s",
	          path, strlen(body), body);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0 ||
	    write(fd, text.p, text.n) != (ssize_t)text.n)
		mem_die("the test's server does not answer");
	buf_truncate(&text, 0);
	while ((n = read(fd, piece, sizeof piece)) > 0)
		buf_add(&text, piece, (size_t)n);
	end = strstr(buf_str(&text), "\r\n\r\n");
	if (end != NULL && out != NULL)
		buf_add_str(out, end + 4);
}

#endif
