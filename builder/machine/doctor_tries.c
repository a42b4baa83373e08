#include "base/count.h"
#include "builder/machine/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/library.h"
#include "base/listing.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/text.h"
#include "builder/machine/emulator.h"
#include "builder/machine/userns.h"
#include "builder/sandbox/engine.h"
#include "builder/sandbox/inside/confine.h"
#include "builder/sandbox/limits.h"

static void
put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	/* Without a map, only checks that need one fail, and report it. */
	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		errno = 0;
	if (fd >= 0)
		close(fd);
}

/* As root of a new user namespace. */
static int
enter_user(int flags)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(flags | CLONE_NEWUSER) < 0)
		return -1;
	put("/proc/self/setgroups", "deny");
	snprintf(map, sizeof map, "0 %u 1", (unsigned)uid);
	put("/proc/self/uid_map", map);
	snprintf(map, sizeof map, "0 %u 1", (unsigned)gid);
	put("/proc/self/gid_map", map);
	return 0;
}

/* As root of the machine if that works. */
static int
enter(int flags)
{
	return geteuid() == 0 && unshare(flags) == 0 ? 0 : enter_user(flags);
}

static int
enter_mounts(int flags)
{
	if (enter(CLONE_NEWNS | flags) < 0)
		return -1;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static int
try_user(char *detail)
{
	(void)detail;
	return unshare(CLONE_NEWUSER);
}

static int
try_mounts(char *detail)
{
	(void)detail;
	return enter_mounts(0);
}

/* As builds do it: by the engine itself. */
static int
try_overlay(char *detail)
{
	auto_error struct error err = ERROR_INIT;
	auto_fd int fd = open(DOCTOR_OVERLAYS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct sandbox_options options = { .scratch_fd = fd };
	struct userns_outcome user;

	if (fd < 0)
		return -1;
	userns_enter(ISOLATION_NS, &user);
	options.mapping = (enum id_mapping)user.mapping;
	if (sandbox_try_overlay(&options, &err) == 0)
		return 0;
	snprintf(detail, DOCTOR_DETAIL_MAX, "%s", err.text);
	errno = err.sys;
	return -1;
}

/* The first process of a new PID namespace may mount its own /proc. */
static int
try_proc(char *detail)
{
	int status = 0;
	pid_t pid;

	(void)detail;
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
try_network(char *detail)
{
	(void)detail;
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
try_filter(char *detail)
{
	(void)detail;
	return set_filter(0) < 0 ? -1 : 0;
}

static int
try_notification(char *detail)
{
	(void)detail;
	return set_filter(SECCOMP_FILTER_FLAG_NEW_LISTENER) < 0 ? -1 : 0;
}

/* Engine "trap" has a step's process make other calls, and reads their arguments. */
static int
trace(pid_t pid)
{
	char byte = 0;
	const struct iovec ours = { &byte, 1 };
	const struct iovec its = { &byte, 1 };
	int status = 0;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 ||
	    waitpid(pid, &status, __WALL) != pid)
		return -1;
	return process_vm_readv(pid, &ours, 1, &its, 1, 0) == 1 ? 0 : -1;
}

static int
try_tracing(char *detail)
{
	const pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	int failed = -1, saved = 0;

	(void)detail;
	if (pid == 0)
		for (;;)
			pause();
	if (pid < 0)
		return -1;
	failed = trace(pid);
	saved = errno;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		continue;
	errno = saved;
	return failed;
}

static int
try_landlock(char *detail)
{
	const int version = confine_version();

	if (version == 0)
		return -1;
	snprintf(detail, DOCTOR_DETAIL_MAX, "%s, version %d",
	         version < CONFINE_VERSION_MIN ? "too old" : "works", version);
	errno = ENOSYS;
	return version < CONFINE_VERSION_MIN ? -1 : 0;
}

static int
try_limits(char *detail)
{
	const struct sandbox_run r = { .limits = { .pids_max = 1000 } };
	auto_cgroup struct cgroup group = CGROUP_INIT;
	const char *why = cgroup_try(&group, &r);

	if (why == NULL)
		return 0;
	snprintf(detail, DOCTOR_DETAIL_MAX, "%s", why);
	errno = EACCES;
	return -1;
}

static int
try_ranges(char *detail)
{
	struct userns_outcome user;

	if (geteuid() == 0) {
		snprintf(detail, DOCTOR_DETAIL_MAX, "root needs none");
		return 0;
	}
	userns_enter(ISOLATION_NS, &user);
	if (user.mapping != IDS_SINGLE && user.mapping != IDS_NONE)
		return 0;
	snprintf(detail, DOCTOR_DETAIL_MAX, "%s", user.why);
	errno = user.sys;
	return -1;
}

/* ------------------------------------------------------------ foreign programs */

/* An emulator that a build can register for itself, as --platform does. */
static int
try_own_emulator(char *detail)
{
	static const char *const archs[] = { "arm64", "amd64", "riscv64" };

	for (size_t i = 0; i < COUNT_OF(archs); i++) {
		auto_free char *why = NULL;

		if (!emulator_is_wanted(archs[i], &why))
			continue;
		if (enter_user(CLONE_NEWNS) < 0 || emulator_register(archs[i]) < 0)
			return -1;
		snprintf(detail, DOCTOR_DETAIL_MAX,
		         "by an emulator in a user namespace of its own");
		return 0;
	}
	snprintf(detail, DOCTOR_DETAIL_MAX, "RUN for this machine's architecture only");
	errno = ENOENT;
	return -1;
}

/* Lists the machine's emulators for other architectures. The interpreter of a
 * registration without flag F is looked up in the image. */
static int
try_foreign(char *detail)
{
	auto_listing struct listing list = listing_open(AT_FDCWD,
	                                                "/proc/sys/fs/binfmt_misc");
	const char *name = NULL;
	size_t n = 0;

	while ((name = listing_next(&list)) != NULL)
		if (text_starts(text_of(name), "qemu-") && n < DOCTOR_DETAIL_MAX)
			n += (size_t)snprintf(detail + n, DOCTOR_DETAIL_MAX - n, "%s%s",
			                      n == 0 ? "" : " ", name);
	return n > 0 ? 0 : try_own_emulator(detail);
}

/* ------------------------------------------------------------ libraries */

static int
try_library(const char *name, char *detail)
{
	auto_error struct error err = ERROR_INIT;

	if (library_load(name, &err) != NULL)
		return 0;
	snprintf(detail, DOCTOR_DETAIL_MAX, "%s", err.text);
	errno = ENOENT;
	return -1;
}

static int
try_curl(char *detail)
{
	return try_library(LIBRARY_CURL, detail);
}

static int
try_archive(char *detail)
{
	return try_library(LIBRARY_ARCHIVE, detail);
}

/* ------------------------------------------------------------ all */

const struct doctor_try doctor_tries[] = {
	{ "user namespace", DOCTOR_USER, try_user },
	{ "subordinate ids", DOCTOR_RANGES, try_ranges },
	{ "mount namespace", DOCTOR_MOUNTS, try_mounts },
	{ "overlay file system", DOCTOR_OVERLAY, try_overlay },
	{ "own /proc", DOCTOR_PROC, try_proc },
	{ "network namespace", DOCTOR_NETWORK, try_network },
	{ "system call filter", DOCTOR_FILTER, try_filter },
	{ "system call notification", DOCTOR_NOTIFICATION, try_notification },
	{ "tracing (ptrace)", DOCTOR_TRACING, try_tracing },
	{ "Landlock", DOCTOR_LANDLOCK, try_landlock },
	{ "limits (cgroup)", DOCTOR_LIMITS, try_limits },
	{ "other platforms", DOCTOR_EMULATOR, try_foreign },
	{ "registries and the web", DOCTOR_CURL, try_curl },
	{ "xz and bzip2", DOCTOR_ARCHIVE, try_archive },
};
const size_t doctor_n_tries = COUNT_OF(doctor_tries);
