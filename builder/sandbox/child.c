#include "builder/sandbox/child.h"

#include <errno.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statfs.h>

#include "builder/sandbox/ask.h"
#include "builder/sandbox/caps.h"
#include "builder/sandbox/init.h"
#include "builder/sandbox/mount_ops.h"
#include "builder/sandbox/network.h"
#include "builder/sandbox/open_in_root.h"
#include "builder/sandbox/owner_supervisor.h"
#include "builder/sandbox/probe.h"
#include "builder/sandbox/program.h"
#include "builder/sandbox/seccomp.h"
#include "builder/sandbox/spawner.h"
#include "builder/sandbox/supervisor.h"
#include "builder/sandbox/sys.h"

#define PROGRAM_STACK (64 * 1024)
#define NUMBERS_MAX   (1 << 20) /* of descriptors; fs.nr_open */

/* The entry of getdents64(2). */
struct entry {
	uint64_t ino;
	int64_t next;
	uint16_t size;
	uint8_t type;
	char name[];
};

/* Those that /proc lists: it goes on behind the last one, whatever was closed. */
static int
close_listed(int first)
{
	_Alignas(struct entry) char bytes[4096];
	int dir_fd = sys_openat(AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY, 0);
	struct statfs fs;
	long n = -1;

	if (dir_fd < 0)
		return -1;
	if (syscall(SYS_fstatfs, dir_fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC)
		while ((n = syscall(SYS_getdents64, dir_fd, bytes, sizeof bytes)) > 0)
			for (long at = 0; at < n;) {
				const struct entry *e = (const void *)(bytes + at);
				int fd = 0;

				for (const char *c = e->name; *c >= '0' && *c <= '9'; c++)
					fd = fd * 10 + (*c - '0');
				if (fd >= first && fd != dir_fd)
					sys_close(fd);
				at += e->size;
			}
	sys_close(dir_fd);
	return n == 0 ? 0 : -1;
}

int
child_close_from(int first)
{
	struct rlimit limit;

	if (syscall(SYS_close_range, first, ~0U, 0) == 0 || close_listed(first) == 0)
		return 0;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -1;
	/* No process has more, unless the kernel was told to allow it. */
	if (limit.rlim_cur > NUMBERS_MAX)
		limit.rlim_cur = NUMBERS_MAX;
	for (rlim_t fd = (rlim_t)first; fd < limit.rlim_cur; fd++)
		sys_close((int)fd);
	return 0;
}

int
child_keep(int first, const int *fds, int n)
{
	int away[8];

	/* First out of the way: a place may be another one's number. */
	for (int i = 0; i < n; i++) {
		away[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, first + n);
		if (away[i] < 0)
			return -1;
	}
	for (int i = 0; i < n; i++)
		if (dup3(away[i], first + i, O_CLOEXEC) < 0)
			return -1;
	return child_close_from(first + n);
}

/* ------------------------------------------------------------ main process */

void
child_set_limits(const struct plan *plan)
{
	const struct plan_limit *limits =
	        (const void *)((const char *)plan + plan->limits);

	/* They were clamped to what we may set; the rest is a matter of luck. */
	for (uint32_t i = 0; i < plan->n_limits; i++) {
		struct rlimit limit = { limits[i].soft, limits[i].hard };

		syscall(SYS_prlimit64, 0, limits[i].resource, &limit, NULL);
	}
}

static int
set_filter(struct plan *plan)
{
	const struct sock_filter *code =
	        (const void *)((const char *)plan + plan->filter);

	if (plan->filter == 0 || filter_install(code, plan->n_filter) == 0)
		return 0;
	return plan_fail(plan, STAGE_FILTER, errno, NULL);
}

/* 1 if there is somebody to ask now. */
static int
set_asking_filter(struct plan *plan)
{
	const struct sock_filter *code =
	        (const void *)((const char *)plan + plan->asking_filter);
	int root_fd = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	int fd = filter_install_asking(code, plan->n_asking_filter), result = 0;

	if (fd < 0)
		return plan_fail(plan, STAGE_FILTER, errno, "owners cannot be emulated");
	result = ask_send_listener(CHILD_SOCKET, root_fd);
	if (result == 0)
		result = ask_send_listener(CHILD_SOCKET, fd);
	sys_close(fd);
	sys_close(root_fd);
	return result < 0 ? plan_fail(plan, STAGE_FILTER, errno, NULL) : 1;
}

int
child_set_ids(struct plan *plan)
{
	const uint32_t *groups = plan_groups(plan);

	if (plan->single_id == 0 && syscall(SYS_setgroups, plan->n_groups, groups) < 0)
		return plan_fail(plan, STAGE_IDS, errno, "setgroups");
	if (syscall(SYS_setresgid, plan->gid, plan->gid, plan->gid) < 0)
		return plan_fail(plan, STAGE_IDS, errno, "setgid");
	if (syscall(SYS_setresuid, plan->uid, plan->uid, plan->uid) < 0)
		return plan_fail(plan, STAGE_IDS, errno, "setuid");
	return 0;
}

/* Nothing to read; the machine's /dev/null, which we have, is not for the program. */
static int
open_empty_input(void)
{
	int fd = sys_openat(AT_FDCWD, "/dev/null", O_RDONLY | O_NONBLOCK, 0);
	int ends[2] = { -1, -1 };

	/* It may be a FIFO of the image; only to open one must not wait. */
	if (fd >= 0)
		fcntl(fd, F_SETFL, 0);
	if (fd >= 0 || syscall(SYS_pipe2, ends, O_CLOEXEC) < 0)
		return fd;
	sys_close(ends[1]);
	return ends[0];
}

/* Input is the /dev/null of the root, or a terminal. KEEP_FD, if any, becomes 3. */
void
child_set_descriptors(const struct plan *plan, const int *fds, int keep_fd)
{
	int in = -1;

	dup3(fds[PLAN_FD_OUT], 1, 0);
	dup3(fds[PLAN_FD_ERR], 2, 0);
	/* Whatever /dev/null is a link to, nothing of the machine is open any more. */
	sys_close(0);
	in = plan->terminal != 0 ? fds[PLAN_FD_OUT] : open_empty_input();
	if (in > 0)
		dup3(in, 0, 0);
	else if (in == 0)
		fcntl(0, F_SETFD, 0);
	if (keep_fd >= 0)
		dup3(keep_fd, 3, O_CLOEXEC);
	if (plan->terminal != 0)
		syscall(SYS_ioctl, 0, TIOCSCTTY, 0);
	/* So that /dev/stdout and /dev/stderr can be opened by a user. A terminal is not
	 * ours to give away. */
	if (plan->terminal == 0) {
		syscall(SYS_fchown, 1, plan->uid, -1);
		syscall(SYS_fchown, 2, plan->uid, -1);
	}
	child_close_from(keep_fd >= 0 ? 4 : 3);
}

struct program {
	struct plan *plan;
	const int *fds;
};

/* Shares the memory of the first process, which waits for our exec. */
static int
program_main(void *arg)
{
	struct program *p = arg;
	struct plan *plan = p->plan;
	const bool asks = plan->owner_marks != 0;
	uint64_t no_signals = 0;
	int filtered = 0;

	syscall(SYS_setsid);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL, sizeof no_signals);
	child_set_limits(plan);
	child_set_descriptors(plan, p->fds, asks ? plan->ask_fd : -1);
	if (caps_bound(plan->caps) < 0)
		return plan_fail(plan, STAGE_CAPS, errno, "bounding set");
	/* Without no_new_privs a filter needs capabilities that are dropped next; it
	 * lets the calls of that pass. */
	filtered = asks ? set_asking_filter(plan) : set_filter(plan);
	if (filtered < 0 || (filtered == 0 && child_set_ids(plan) < 0))
		return -1;
	if (caps_limit(plan->caps) < 0)
		return plan_fail(plan, STAGE_CAPS, errno, "capset");
	return program_execute(plan);
}

pid_t
child_start_program(struct plan *plan, const int *fds)
{
	_Alignas(64) char stack[PROGRAM_STACK];
	struct program p = { plan, fds };
	pid_t pid = clone(program_main, stack + sizeof stack,
	                  CLONE_VM | CLONE_VFORK | SIGCHLD, &p);

	if (pid < 0)
		return plan_fail(plan, STAGE_FORK, errno, NULL);
	return plan_report(plan)->stage == STAGE_NONE ? pid : -1;
}

/* ------------------------------------------------------------ first process */

/* Directories of a path of the step must not lead to what is open here by accident. */
static int
keep_needed(struct plan *plan, const int *fds, int kept[PLAN_FD_FIRST])
{
	const bool asks = plan->owner_marks != 0;
	const int needed[] = { fds[PLAN_FD_REPORT], fds[PLAN_FD_OUT], fds[PLAN_FD_ERR],
		               plan->ask_fd };

	if (child_keep(SPAWNER_FD_FIRST, needed, asks ? 4 : 3) < 0)
		return plan_fail(plan, STAGE_START, errno, "descriptors");
	for (int i = 0; i < PLAN_FD_FIRST; i++)
		kept[i] = -1;
	kept[PLAN_FD_REPORT] = SPAWNER_FD_FIRST;
	kept[PLAN_FD_OUT] = SPAWNER_FD_FIRST + 1;
	kept[PLAN_FD_ERR] = SPAWNER_FD_FIRST + 2;
	plan->ask_fd = SPAWNER_FD_FIRST + 3;
	return 0;
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
child_enter_cwd(struct plan *plan)
{
	const char *cwd = plan_text(plan, plan->cwd);
	int root_fd = -1, fd = -1;

	if (cwd == NULL)
		return 0;
	root_fd = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	if (root_fd >= 0)
		fd = open_in_root_making(root_fd, cwd, true, make_dir, NULL);
	if (fd < 0 || sys_fchdir(fd) < 0 || check_cwd_is_below_root() < 0)
		return plan_fail(plan, STAGE_CWD, errno, cwd);
	sys_close(fd);
	return sys_close(root_fd);
}

static int
set_names(struct plan *plan)
{
	const char *hostname = plan_text(plan, plan->hostname);

	/* Container profiles may refuse it; nothing depends on it. */
	if (hostname != NULL)
		syscall(SYS_sethostname, hostname, strlen(hostname));
	/* Keys of the builder's session are not for the program. */
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	/* Some containers may make a network but not change it. */
	if (plan->new_net != 0 && network_up() < 0 && errno != EPERM)
		return plan_fail(plan, STAGE_START, errno, "network");
	return 0;
}

static int
join_cgroup(struct plan *plan, const int *fds)
{
	if (plan->has_cgroup == 0 || sys_write(fds[PLAN_FD_CGROUP], "0", 1) == 1)
		return 0;
	return plan_fail(plan, STAGE_CGROUP, errno, NULL);
}

void
child_main(struct plan *plan, const int *fds, size_t n)
{
	struct mount_ctx mounts = {
		.plan = plan, .fds = fds, .root_fd = -1, .stage_fd = -1
	};
	int kept[PLAN_FD_FIRST];

	(void)n;
	prctl(PR_SET_NAME, "init");
	syscall(SYS_setsid);
	if (join_cgroup(plan, fds) < 0)
		sys_exit(1);
	if (plan->owner_marks != 0 && plan->engine == PLAN_NS &&
	    owner_supervisor_split(plan, fds) < 0)
		sys_exit(1);
	if (plan->engine == PLAN_CHROOT)
		supervisor_main(plan, fds);
	if (mount_ops_run(&mounts) < 0 || mount_ops_pivot(&mounts) < 0 ||
	    set_names(plan) < 0 || keep_needed(plan, fds, kept) < 0 ||
	    child_enter_cwd(plan) < 0)
		sys_exit(1);
	if (plan->purpose == PLAN_PROBE) {
		plan_report(plan)->started = probe_files(plan) == 0;
		sys_exit(0);
	}
	init_main(plan, kept);
}
