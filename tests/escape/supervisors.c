/* What only a step with a supervisor can try: to learn how its calls are told from those of
 * the supervisor, to make it signal or wait, to change what it checked. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hostile.h"

/* ------------------------------------------------------------ the sixth argument */

/* A filter of ours answers connect() with the low bits of a sixth argument that is not
 * what we give. */
static bool
install_looking_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_connect, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		         offsetof(struct seccomp_data, args) + 5 * 8 + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1234),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof code / sizeof *code, code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

static socklen_t
local(struct sockaddr_un *out, const char *path)
{
	memset(out, 0, sizeof *out);
	out->sun_family = AF_UNIX;
	strncpy(out->sun_path, path, sizeof out->sun_path - 1);
	return sizeof *out;
}

static long
connect_to(int fd, const struct sockaddr_un *a)
{
	return syscall(SYS_connect, fd, a, sizeof *a, 0, 0, 0);
}

/* A socket of our own that N connections fit into. */
static void
listen_at(const char *path, int n)
{
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	const socklen_t size = local(&a, path);

	unlink(path);
	if (bind(fd, (struct sockaddr *)&a, size) == 0)
		listen(fd, n);
}

static bool
mark_by_filter(void)
{
	struct sockaddr_un a;

	local(&a, "/own.socket");
	listen_at("/own.socket", 4);
	return install_looking_filter() &&
	       connect_to(socket(AF_UNIX, SOCK_STREAM, 0), &a) < 0 && errno == 1234;
}

static volatile pid_t blocked;

static void *
block(void *path)
{
	struct sockaddr_un a;

	local(&a, path);
	blocked = (pid_t)syscall(SYS_gettid);
	for (int i = 0; i < 8; i++)
		connect_to(socket(AF_UNIX, SOCK_STREAM, 0), &a);
	return NULL;
}

/* The file shows the number and the arguments of a call that waits. */
static bool
mark_by_process(void)
{
	static char path[] = "/own2.socket";
	char file[64], text[512];
	unsigned long sixth = 0;
	pthread_t thread;

	listen_at(path, 0);
	if (pthread_create(&thread, NULL, block, path) != 0)
		return false;
	for (int i = 0; i < 200; i++) {
		int fd = -1;
		ssize_t n = -1;

		usleep(5000);
		snprintf(file, sizeof file, "/proc/self/task/%d/syscall", blocked);
		fd = open(file, O_RDONLY);
		n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
		if (fd >= 0)
			close(fd);
		text[n < 0 ? 0 : n] = '\0';
		if (n > 0 && sscanf(text, "%*d %*x %*x %*x %*x %*x %lx", &sixth) == 1 &&
		    sixth >> 32 != 0 && strtol(text, NULL, 10) == SYS_connect)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------ signals by others */

/* Makes the kernel send SIGUSR1 to the process: it notes that where tests look. */
static bool
signal_by_descriptor(void)
{
	struct f_owner_ex owner = { F_OWNER_PID, aim.victim };
	int ends[2], pid = aim.victim;

	for (int i = 0; i < 4; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
			return false;
		fcntl(ends[0], F_SETSIG, SIGUSR1);
		fcntl(ends[0], F_SETFL, O_ASYNC);
		if (i == 0)
			fcntl(ends[0], F_SETOWN, pid);
		else if (i == 1)
			fcntl(ends[0], F_SETOWN_EX, &owner);
		else
			ioctl(ends[0], i == 2 ? FIOSETOWN : SIOCSPGRP, &pid);
		if (write(ends[1], "x", 1) < 0)
			return false;
	}
	return false;
}

/* ------------------------------------------------------------ waiting */

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *
open_all(void *unused)
{
	(void)unused;
	for (;;) {
		close(open("/waits.leased", O_WRONLY | O_CREAT, 0644));
		truncate("/waits.leased", 1);
	}
	return NULL;
}

static void *
open_pipes(void *unused)
{
	(void)unused;
	open("/waits.pipe", O_RDONLY);
	return NULL;
}

/* Who opens a leased file waits for half a minute, who opens a pipe forever. That must be
 * somebody who waits alone. */
static bool
everybody_waits(void)
{
	struct stat st;
	pthread_t threads[8];
	const double begin = seconds();
	int fd = open("/waits.leased", O_RDWR | O_CREAT, 0644);

	mkfifo("/waits.pipe", 0644);
	signal(SIGIO, SIG_IGN);
	if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
		close(fd);
	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, i < 2 ? open_all : open_pipes, NULL);
	for (int i = 0; i < 50 && seconds() - begin < 9; i++) {
		const double before = seconds();

		usleep(1000);
		stat("/", &st);
		if (seconds() - before > 5)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------ what was checked */

static char directory[] = "/swapped";

/* While a directory is made, what stands at its name becomes a link that leads out. */
static void *
swap_for_link(void *target)
{
	for (;;) {
		if (rmdir(directory) == 0 && symlink(target, directory) == 0)
			unlink(directory);
	}
	return NULL;
}

/* That the canary's directory gets no note is looked at from outside. */
static bool
new_directory_becomes_link(void)
{
	char outside[512];
	pthread_t threads[2];

	snprintf(outside, sizeof outside, "%s", aim.canary);
	*strrchr(outside, '/') = '\0';
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, swap_for_link, outside);
	for (int i = 0; i < 20000; i++)
		mkdir("/swapped/", 01751);
	return false;
}

static struct sockaddr_un turning;

static void *
turn(void *unused)
{
	struct sockaddr_un in, out;
	char path[512];

	(void)unused;
	snprintf(path, sizeof path, "%s.socket", aim.canary);
	local(&out, path);
	local(&in, "");
	strcpy(in.sun_path + 1, "nobody");
	for (;;) {
		turning = in;
		PUBLISH();
		turning = out;
		PUBLISH();
	}
	return NULL;
}

/* The kernel reads an address from memory, after everybody else. */
static bool
socket_by_race(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, turn, NULL);
	for (int i = 0; i < 3000; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		if (connect(fd, (struct sockaddr *)&turning, sizeof turning) == 0)
			return true;
		close(fd);
	}
	return false;
}

static char program[512] = "/hostile";

static void *
turn_program(void *unused)
{
	(void)unused;
	for (;;) {
		strcpy(program, "/usr/bin/env");
		PUBLISH();
		program[0] = '\0';
		PUBLISH();
		strcpy(program, "/hostile");
		PUBLISH();
	}
	return NULL;
}

/* The machine's program would print its environment; ours ends at once. */
static bool
program_by_race(void)
{
	pthread_t thread;
	int ends[2], status = 0;
	char text[64];

	for (int i = 0; i < 300; i++) {
		pid_t pid = -1;

		if (pipe(ends) < 0)
			return false;
		pid = fork();
		if (pid == 0) {
			char *const words[] = { "no", NULL }, *const own[] = { "OUT=1",
				                                               NULL };

			dup2(ends[1], 1);
			pthread_create(&thread, NULL, turn_program, NULL);
			for (int k = 0; k < 50; k++)
				execve(program, words, own);
			_exit(0);
		}
		close(ends[1]);
		waitpid(pid, &status, 0);
		if (read(ends[0], text, sizeof text) > 3 &&
		    strncmp(text, "OUT=1", 5) == 0)
			return true;
		close(ends[0]);
	}
	return false;
}

const struct try tries_of_supervisors[] = {
	{ "mark-by-filter", mark_by_filter },
	{ "mark-by-process", mark_by_process },
	{ "signal-by-descriptor", signal_by_descriptor },
	{ "everybody-waits", everybody_waits },
	{ "new-directory-becomes-link", new_directory_becomes_link },
	{ "socket-by-race", socket_by_race },
	{ "program-by-race", program_by_race },
	{ NULL, NULL },
};
