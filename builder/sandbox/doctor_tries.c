#include "builder/sandbox/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builder/sandbox/limits.h"

#ifndef LANDLOCK_CREATE_RULESET_VERSION
#define LANDLOCK_CREATE_RULESET_VERSION 1U
#endif
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif

static void
put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	/* Without a map only what needs one fails, and tells. */
	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		errno = 0;
	if (fd >= 0)
		close(fd);
}

/* As root of the machine if that works, else as root of a new user name space. */
static int
enter(int flags)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (uid == 0 && unshare(flags) == 0)
		return 0;
	if (unshare(flags | CLONE_NEWUSER) < 0)
		return -1;
	put("/proc/self/setgroups", "deny");
	snprintf(map, sizeof map, "0 %u 1", (unsigned)uid);
	put("/proc/self/uid_map", map);
	snprintf(map, sizeof map, "0 %u 1", (unsigned)gid);
	put("/proc/self/gid_map", map);
	return 0;
}

static int
enter_mounts(int flags)
{
	if (enter(CLONE_NEWNS | flags) < 0)
		return -1;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static int
try_user(void)
{
	return unshare(CLONE_NEWUSER);
}

static int
try_mounts(void)
{
	return enter_mounts(0);
}

static int
try_overlay(void)
{
	static const char *const names[] = { "lower", "upper", "work", "merged" };

	if (enter_mounts(0) < 0)
		return -1;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (mkdir(names[i], 0755) < 0 && errno != EEXIST)
			return -1;
	return mount("overlay", "merged", "overlay", 0,
	             "userxattr,lowerdir=lower,upperdir=upper,workdir=work");
}

/* The first process of a new process name space may ask for its own /proc. */
static int
try_proc(void)
{
	int status = 0;
	pid_t pid;

	if (enter_mounts(CLONE_NEWPID) < 0)
		return -1;
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0)
		_exit(mount("proc", "/proc", "proc", 0, NULL) < 0 ? errno : 0);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return errno == 0 ? 0 : -1;
}

static int
try_network(void)
{
	return enter(CLONE_NEWNET);
}

static long
set_filter(unsigned flags)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { .len = 1, .filter = &allow };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static int
try_filter(void)
{
	return set_filter(0) < 0 ? -1 : 0;
}

static int
try_notification(void)
{
	return set_filter(SECCOMP_FILTER_FLAG_NEW_LISTENER) < 0 ? -1 : 0;
}

static int
try_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
	               LANDLOCK_CREATE_RULESET_VERSION) < 0
	               ? -1
	               : 0;
}

static int
try_limits(void)
{
	const struct sandbox_run r = { .pids_max = 1000 };
	auto_cgroup struct cgroup group = CGROUP_INIT;

	cgroup_open(&group, &r);
	if (group.procs_fd >= 0)
		return 0;
	errno = EACCES;
	return -1;
}

static int
try_foreign(void)
{
	if (enter_mounts(0) < 0)
		return -1;
	return mount("binfmt_misc", "merged", "binfmt_misc", 0, NULL);
}

const struct doctor_try doctor_tries[] = {
	{ "user name space",
	  "allow them: sysctl user.max_user_namespaces=15000 (Debian before 11: "
	  "kernel.unprivileged_userns_clone=1; Ubuntu: "
	  "kernel.apparmor_restrict_unprivileged_userns=0; in a pod: a seccomp profile "
	  "that "
	  "lets unshare and mount pass)",
	  try_user },
	{ "mount name space", "as for the user name space", try_mounts },
	{ "overlay file system",
	  "Linux 5.11 or newer, and the store (--root) on ext4, xfs, btrfs or tmpfs",
	  try_overlay },
	{ "own /proc", "in a container: procMount: Unmasked (with hostUsers: false)",
	  try_proc },
	{ "network name space", "only --network=none needs it", try_network },
	{ "system call filter", "a kernel with CONFIG_SECCOMP_FILTER", try_filter },
	{ "system call notification", "Linux 5.0 or newer", try_notification },
	{ "Landlock", "lsm=landlock,… on the kernel's command line, Linux 5.13 or newer",
	  try_landlock },
	{ "limits (cgroup)",
	  "run below systemd with Delegate=yes: systemd-run --user --scope -p "
	  "Delegate=yes",
	  try_limits },
	{ "foreign binaries in it", "Linux 6.7 or newer and qemu-user-static",
	  try_foreign },
};
const size_t doctor_n_tries = sizeof doctor_tries / sizeof *doctor_tries;
