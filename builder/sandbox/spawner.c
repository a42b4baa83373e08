#include "builder/sandbox/spawner.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "builder/sandbox/inside/descriptors.h"
#include "builder/sandbox/inside/drop_memory.h"
#include "builder/sandbox/inside/exe.h"
#include "builder/sandbox/inside/first.h"
#include "builder/sandbox/inside/recipe.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/owner_supervisor.h"
#include "builder/sandbox/supervise/supervisor.h"
#include "builder/sandbox/trap/trap_supervisor.h"

/* The spawner's state; each process that it clones has a copy. */
#define STACK_SIZE (256 * 1024)

struct start {
	int socket_fd, life_fd;
	const char *dir;
	void *stack;
};

/* ------------------------------------------------------------ in the spawner */

static void
reset_signals(void)
{
	/* The kernel's struct: handler, flags, restorer, mask. */
	struct {
		unsigned long handler, flags, restorer, mask[2];
	} standard = { 0 };

	for (int i = 1; i < _NSIG; i++)
		syscall(SYS_rt_sigaction, i, &standard, NULL, sizeof standard.mask[0]);
}

/* Moves the needed descriptors to fixed numbers, and closes all others. */
static int
settle_descriptors(const struct start *start)
{
	int null_fd = sys_openat(AT_FDCWD, "/dev/null", O_RDWR, 0);
	const int above = fcntl(start->life_fd, F_DUPFD_CLOEXEC, 64);
	const int socket_fd = fcntl(start->socket_fd, F_DUPFD_CLOEXEC, 64);

	if (above < 0 || socket_fd < 0)
		return -1;
	for (int i = 0; i < 3 && null_fd >= 0; i++)
		dup3(null_fd, i, O_CLOEXEC);
	if (dup3(socket_fd, SPAWNER_FD_SOCKET, O_CLOEXEC) < 0 ||
	    dup3(above, SPAWNER_FD_LIFE, O_CLOEXEC) < 0)
		return -1;
	return descriptors_close_from(SPAWNER_FD_FIRST);
}

/* Number of descriptors received into FDS from SPAWNER_FD_FIRST on, 0 at the end. */
static size_t
receive(int fds[RECIPE_FDS_MAX])
{
	char byte = 0;
	char control[CMSG_SPACE(RECIPE_FDS_MAX * sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
	struct cmsghdr *head = NULL;
	ssize_t n = -1;

	do {
		msg.msg_controllen = sizeof control;
		n = syscall(SYS_recvmsg, SPAWNER_FD_SOCKET, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	head = n <= 0 ? NULL : CMSG_FIRSTHDR(&msg);
	if (head == NULL || head->cmsg_type != SCM_RIGHTS)
		return 0;
	n = (ssize_t)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	memcpy(fds, CMSG_DATA(head), (size_t)n * sizeof(int));
	return (size_t)n;
}

static const struct first_supervisors supervisors = {
	.owners_split = owner_supervisor_split,
	.chroot_main = supervisor_main,
	.trap_main = trap_main,
};

/* The first process of the sandbox gets our memory as it is, so it can go on
 * from here. Its parent is ours. */
static void
serve(const int *fds)
{
	struct recipe *head = mmap(NULL, sizeof *head, PROT_READ, MAP_SHARED,
	                           fds[RECIPE_FD_MEMORY], 0);
	struct recipe *recipe = NULL;
	int64_t pid = 0;

	if (head == MAP_FAILED)
		return;
	recipe = mmap(NULL, head->size, PROT_READ | PROT_WRITE, MAP_SHARED,
	              fds[RECIPE_FD_MEMORY], 0);
	if (recipe == MAP_FAILED)
		return;
	pid = syscall(SYS_clone, (unsigned long)head->clone_flags | CLONE_PARENT, NULL,
	              NULL, NULL, NULL);
	if (pid == 0)
		first_main(recipe, fds, &supervisors);
	if (pid < 0)
		recipe_fail(recipe, STAGE_START, errno, NULL);
	while (sys_write(fds[RECIPE_FD_REPORT], &pid, sizeof pid) < 0 && errno == EINTR)
		continue;
	munmap(recipe, head->size);
	munmap(head, sizeof *head);
}

static int
spawner_main(void *arg)
{
	const struct start *start = arg;
	int fds[RECIPE_FDS_MAX];
	size_t n = 0;

	reset_signals();
	prctl(PR_SET_NAME, "cooper-spawner");
	if (settle_descriptors(start) < 0 || sys_chdir(start->dir) < 0)
		return 1;
	syscall(SYS_setsid);
	syscall(SYS_umask, 022);
	/* No process with our ids in a sandbox may inspect its first process. */
	prctl(PR_SET_DUMPABLE, 0);
	drop_memory(start->stack, STACK_SIZE);
	/* If we lack the rights for this, so does the root of a step. */
	exe_let_go();
	while ((n = receive(fds)) > 0) {
		if (n >= RECIPE_FD_FIRST)
			serve(fds);
		descriptors_close_from(SPAWNER_FD_FIRST);
	}
	return 0;
}

/* ------------------------------------------------------------ in the builder */

static int
start_process(struct spawner *s, struct start *start)
{
	sigset_t all, before;
	int pid = -1;

	/* A handler of ours would run there on a copy of our state. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = clone(spawner_main, (char *)s->stack + STACK_SIZE, 0, start);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

int
spawner_start(struct spawner *s, const char *dir, struct error *err)
{
	int sockets[2] = { -1, -1 }, life[2] = { -1, -1 };
	auto_fd int socket_fd = -1, life_fd = -1;
	struct start start = { .dir = dir };
	int pid = -1;

	s->stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
	                MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (s->stack == MAP_FAILED) {
		s->stack = NULL;
		return error_sys(err, "map the stack of a process");
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_sys(err, "open a socket pair");
	s->socket_fd = sockets[0];
	start.socket_fd = socket_fd = sockets[1];
	if (pipe2(life, O_CLOEXEC) < 0)
		return error_sys(err, "open a pipe");
	s->life_fd = life[1];
	start.life_fd = life_fd = life[0];
	start.stack = s->stack;
	pid = start_process(s, &start);
	if (pid < 0)
		return error_sys(err, "start the process that starts sandboxes");
	s->pid = pid;
	return 0;
}

int
spawner_request(const struct spawner *s, const int *fds, size_t n, struct error *err)
{
	char byte = 0;
	_Alignas(
	        struct cmsghdr) char control[CMSG_SPACE(RECIPE_FDS_MAX * sizeof(int))] = {
		0
	};
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
		              .msg_iovlen = 1,
		              .msg_control = control,
		              .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&msg);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(head), fds, n * sizeof(int));
	while (sendmsg(s->socket_fd, &msg, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return error_sys(err, "ask for a sandbox");
	return 0;
}

void
spawner_stop(struct spawner *s)
{
	own_close(&s->socket_fd);
	own_close(&s->life_fd);
	if (s->pid > 0)
		while (waitpid(s->pid, NULL, __WALL) < 0 && errno == EINTR)
			continue;
	s->pid = 0;
	if (s->stack != NULL)
		munmap(s->stack, STACK_SIZE);
	s->stack = NULL;
}
