#include "builder/sandbox/inside/start.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "builder/sandbox/inside/caps.h"
#include "builder/sandbox/inside/descriptors.h"
#include "builder/sandbox/inside/filter_install.h"
#include "builder/sandbox/inside/listener.h"
#include "builder/sandbox/inside/open_in_root.h"
#include "builder/sandbox/inside/program.h"
#include "builder/sandbox/inside/sys.h"

#define PROGRAM_STACK (64 * 1024)

void
start_set_limits(const struct recipe *recipe)
{
	const struct recipe_limit *limits =
	        (const void *)((const char *)recipe + recipe->limits);

	/* The limits were clamped to values that we may set; errors are ignored. */
	for (uint32_t i = 0; i < recipe->n_limits; i++) {
		struct rlimit limit = { limits[i].soft, limits[i].hard };

		syscall(SYS_prlimit64, 0, limits[i].resource, &limit, NULL);
	}
}

static int
set_filter(struct recipe *recipe)
{
	const struct sock_filter *code =
	        (const void *)((const char *)recipe + recipe->filter);

	if (recipe->filter == 0 || filter_install(code, recipe->n_filter) == 0)
		return 0;
	return recipe_fail(recipe, STAGE_FILTER, errno, NULL);
}

/* 1 if there is a supervisor now. */
static int
set_notify_filter(struct recipe *recipe)
{
	const struct sock_filter *code =
	        (const void *)((const char *)recipe + recipe->notify_filter);
	int root_fd = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	int fd = filter_install_notify(code, recipe->n_notify_filter), result = 0;

	if (fd < 0)
		return recipe_fail(recipe, STAGE_FILTER, errno,
		                   "owners cannot be emulated");
	result = listener_send(START_SOCKET, root_fd);
	if (result == 0)
		result = listener_send(START_SOCKET, fd);
	sys_close(fd);
	sys_close(root_fd);
	return result < 0 ? recipe_fail(recipe, STAGE_FILTER, errno, NULL) : 1;
}

int
start_set_ids(struct recipe *recipe)
{
	const uint32_t *groups = recipe_groups(recipe);

	if (recipe->single_id == 0 &&
	    syscall(SYS_setgroups, recipe->n_groups, groups) < 0)
		return recipe_fail(recipe, STAGE_IDS, errno, "setgroups");
	if (syscall(SYS_setresgid, recipe->gid, recipe->gid, recipe->gid) < 0)
		return recipe_fail(recipe, STAGE_IDS, errno, "setgid");
	if (syscall(SYS_setresuid, recipe->uid, recipe->uid, recipe->uid) < 0)
		return recipe_fail(recipe, STAGE_IDS, errno, "setuid");
	return 0;
}

/* Input without data: the program must not get the machine's /dev/null, which we have
 * open. */
int
start_empty_input(void)
{
	int fd = sys_openat(AT_FDCWD, "/dev/null", O_RDONLY | O_NONBLOCK, 0);
	int ends[2] = { -1, -1 };

	/* /dev/null may be a FIFO of the image; opening it must not block. */
	if (fd >= 0)
		fcntl(fd, F_SETFL, 0);
	if (fd >= 0 || syscall(SYS_pipe2, ends, O_CLOEXEC) < 0)
		return fd;
	sys_close(ends[1]);
	return ends[0];
}

static int
open_input(const struct recipe *recipe, const int *fds)
{
	if (recipe->terminal != 0)
		return fds[RECIPE_FD_OUT];
	return recipe->has_input != 0 ? fds[RECIPE_FD_IN] : start_empty_input();
}

/* Lets the step's user open /dev/stdout and the like. The owner of a terminal is not
 * changed. */
static void
give_streams(const struct recipe *recipe)
{
	if (recipe->terminal != 0)
		return;
	for (int fd = recipe->has_input != 0 ? 0 : 1; fd <= 2; fd++)
		syscall(SYS_fchown, fd, recipe->uid, -1);
}

/* Input is the /dev/null of the root, a terminal, or the caller's. KEEP_FD, if any,
 * becomes START_SOCKET. */
void
start_set_descriptors(const struct recipe *recipe, const int *fds, int keep_fd)
{
	const bool probes = recipe->probe.n > 0;
	int in = -1;

	dup3(fds[RECIPE_FD_OUT], 1, 0);
	dup3(fds[RECIPE_FD_ERR], 2, 0);
	/* Even if /dev/null is a link: no file of the machine is open any more. */
	sys_close(0);
	in = open_input(recipe, fds);
	if (in > 0)
		dup3(in, 0, 0);
	else if (in == 0)
		fcntl(0, F_SETFD, 0);
	if (keep_fd >= 0)
		dup3(keep_fd, START_SOCKET, O_CLOEXEC);
	else if (probes)
		sys_close(START_SOCKET);
	if (probes)
		dup3(fds[RECIPE_FD_PROBE], START_PROBER, O_CLOEXEC);
	if (recipe->terminal != 0)
		syscall(SYS_ioctl, 0, TIOCSCTTY, 0);
	give_streams(recipe);
	descriptors_close_from(probes         ? START_PROBER + 1
	                       : keep_fd >= 0 ? START_SOCKET + 1
	                                      : START_SOCKET);
}

static int
make_dir(void *arg, int parent_fd, const char *parent, const char *name, bool is_dir)
{
	(void)arg;
	(void)parent;
	(void)is_dir;
	return sys_mkdirat(parent_fd, name, 0755);
}

/* A directory outside of the root has no path from it. */
static int
check_cwd_is_below_root(void)
{
	char path[PATH_MAX];

	if (syscall(SYS_getcwd, path, sizeof path) < 0)
		return -1;
	if (path[0] == '/')
		return 0;
	errno = EXDEV;
	return -1;
}

/* mkdir -p; the owner is root. */
int
start_enter_cwd_in(struct recipe *recipe, int root_fd)
{
	const char *cwd = recipe_text(recipe, recipe->cwd);
	int fd = -1;

	if (cwd == NULL)
		return 0;
	if (root_fd >= 0)
		fd = open_in_root_making(root_fd, cwd, true, make_dir, NULL);
	if (fd < 0 || sys_fchdir(fd) < 0 || check_cwd_is_below_root() < 0)
		return recipe_fail(recipe, STAGE_CWD, errno, cwd);
	return sys_close(fd);
}

int
start_enter_cwd(struct recipe *recipe)
{
	const int root_fd = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	const int result = start_enter_cwd_in(recipe, root_fd);

	if (root_fd >= 0)
		sys_close(root_fd);
	return result;
}

struct program {
	struct recipe *recipe;
	const int *fds;
	int socket_fd;   /* where its filter's listener goes, or -1 */
	bool cannot_ask; /* there is none, and it was not started */
};

static int
set_node_filter(struct program *p)
{
	const struct recipe *recipe = p->recipe;
	const struct sock_filter *code =
	        (const void *)((const char *)recipe + recipe->notify_filter);
	int fd = filter_install_notify(code, recipe->n_notify_filter), result = 0;

	p->cannot_ask = fd < 0;
	if (fd < 0)
		return -1;
	result = listener_send(START_SOCKET, fd);
	sys_close(fd);
	return result < 0 ? recipe_fail(p->recipe, STAGE_FILTER, errno, NULL) : 0;
}

/* 1 if a supervisor keeps the ids. */
static int
set_filters(struct program *p)
{
	if (p->recipe->owner_marks != 0)
		return set_notify_filter(p->recipe);
	return p->socket_fd >= 0 ? set_node_filter(p) : set_filter(p->recipe);
}

/* Shares the memory of the first process, which waits for our exec. */
static int
program_main(void *arg)
{
	struct program *p = arg;
	struct recipe *recipe = p->recipe;
	uint64_t no_signals = 0;
	int filtered = 0;

	syscall(SYS_setsid);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL, sizeof no_signals);
	start_set_limits(recipe);
	start_set_descriptors(recipe, p->fds, p->socket_fd);
	if (caps_bound(recipe->caps) < 0)
		return recipe_fail(recipe, STAGE_CAPS, errno, "bounding set");
	/* Without no_new_privs a filter needs capabilities that are dropped next; it
	 * lets the calls of that pass. */
	filtered = set_filters(p);
	if (filtered < 0 || (filtered == 0 && start_set_ids(recipe) < 0))
		return -1;
	if (caps_limit(recipe->caps) < 0)
		return recipe_fail(recipe, STAGE_CAPS, errno, "capset");
	return program_execute(recipe);
}

static pid_t
start(struct program *p)
{
	_Alignas(64) char stack[PROGRAM_STACK];
	pid_t pid = clone(program_main, stack + sizeof stack,
	                  CLONE_VM | CLONE_VFORK | SIGCHLD, p);

	if (pid < 0)
		return recipe_fail(p->recipe, STAGE_FORK, errno, NULL);
	return recipe_report(p->recipe)->stage == STAGE_NONE ? pid : -1;
}

/* … with a listener for the gate. */
static pid_t
start_watched(struct program *p, struct device_gate *gate)
{
	int ends[2] = { -1, -1 };
	pid_t pid = -1;

	if (syscall(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return recipe_fail(p->recipe, STAGE_START, errno, "socket pair");
	/* Moved away from the descriptors that the program gets. */
	p->socket_fd = fcntl(ends[1], F_DUPFD_CLOEXEC, SPAWNER_FD_FIRST);
	sys_close(ends[1]);
	if (p->socket_fd < 0)
		return recipe_fail(p->recipe, STAGE_START, errno, "socket pair");
	pid = start(p);
	sys_close(p->socket_fd);
	p->socket_fd = -1;
	if (pid >= 0 && !p->cannot_ask) {
		gate->listener_fd = listener_receive(ends[0]);
		if (gate->listener_fd < 0)
			pid = recipe_fail(p->recipe, STAGE_FILTER, EIO, "listener");
	}
	sys_close(ends[0]);
	return pid;
}

pid_t
start_program(struct recipe *recipe, const int *fds, struct device_gate *gate)
{
	struct program p = {
		.recipe = recipe,
		.fds = fds,
		.socket_fd = recipe->owner_marks != 0 ? recipe->listener_socket : -1,
	};
	pid_t pid = -1;

	if (gate->devices_fd < 0)
		return start(&p);
	pid = start_watched(&p, gate);
	if (!p.cannot_ask)
		return pid;
	syscall(SYS_wait4, pid, NULL, __WALL, NULL);
	if (device_gate_close(gate) < 0)
		return recipe_fail(recipe, STAGE_FILTER, errno, "/dev");
	return start(&p);
}
