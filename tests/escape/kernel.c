/* What the kernel does for administrators. */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hostile.h"

static bool
new_mounts(void)
{
	mkdir("/mnt", 0755);
	return mount("tmpfs", "/mnt", "tmpfs", 0, NULL) == 0 ||
	       mount("/", "/mnt", NULL, MS_BIND, NULL) == 0 ||
	       umount2("/proc", MNT_DETACH) == 0 ||
	       mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL) == 0;
}

static bool
new_name_spaces(void)
{
	static const int flags[] = { CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID,
		                     CLONE_NEWNET };

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (unshare(flags[i]) == 0)
			return true;
	return false;
}

static bool
settings_of_kernel(void)
{
	static const char *const paths[] = { "/proc/sys/kernel/core_pattern",
		                             "/proc/sys/kernel/modprobe",
		                             "/proc/sys/vm/drop_caches",
		                             "/proc/sysrq-trigger",
		                             "/proc/sys/fs/binfmt_misc/register",
		                             "/sys/kernel/uevent_helper",
		                             "/sys/power/state",
		                             "/sys/kernel/debug/x" };

	int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY);

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (open(paths[i], O_WRONLY) >= 0 || chmod(paths[i], 0666) == 0 ||
		    openat(proc_fd, paths[i] + 6, O_WRONLY) >= 0)
			return true;
	return false;
}

static bool
is_refused(long result)
{
	return result < 0 && (errno == EPERM || errno == ENOSYS || errno == EACCES);
}

/* Also by the numbers of 32-bit programs, where the machine has them. */
static bool
calls_of_administrators(void)
{
	static const long numbers[] = {
		SYS_init_module,
		SYS_finit_module,
		SYS_delete_module,
		SYS_kexec_load,
		SYS_reboot,
		SYS_swapon,
		SYS_bpf,
		SYS_acct,
		SYS_perf_event_open,
		SYS_settimeofday,
		SYS_clock_settime,
		SYS_open_by_handle_at,
		SYS_userfaultfd,
		SYS_quotactl,
		SYS_io_uring_setup,
		SYS_io_uring_enter,
		SYS_fanotify_init,
		SYS_syslog,
		SYS_io_uring_register,
		SYS_add_key,
		SYS_request_key,
		SYS_keyctl,
		SYS_pivot_root,
		SYS_setns,
		SYS_unshare,
		SYS_vhangup,
		SYS_sethostname,
		SYS_setdomainname,
		SYS_move_pages,
		SYS_lookup_dcookie,
		SYS_nfsservctl,
		SYS_kcmp,
		SYS_pidfd_getfd,
		SYS_fsopen,
		SYS_fspick,
		SYS_open_tree,
		SYS_move_mount,
		SYS_mount_setattr,
		SYS_mount,
		SYS_umount2,
#ifdef SYS_iopl
		SYS_iopl,
		SYS_ioperm,
#endif
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (!is_refused(syscall(numbers[i], 0, 0, 0, 0, 0)))
			return true;
	return false;
}

static bool
makes_user_name_space(void)
{
	uint64_t args[11] = { CLONE_NEWUSER, [4] = SIGCHLD };
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (pid < 0)
		pid = syscall(SYS_clone3, args, 64);
	if (pid == 0)
		_exit(0);
	return pid > 0;
}

/* A user namespace gives back all rights that were dropped, to whoever may make one:
 * nobody in a chroot. */
static bool
new_user_name_space(void)
{
	return makes_user_name_space() || (leave_chroot() && makes_user_name_space());
}

/* The old group file system runs programs outside for whoever mounts it. */
static bool
control_groups(void)
{
	mkdir("/mnt", 0755);
	return mount("cgroup", "/mnt", "cgroup", 0, "rdma") == 0 ||
	       mount("cgroup2", "/mnt", "cgroup2", 0, NULL) == 0 ||
	       open("/sys/fs/cgroup/release_agent", O_WRONLY) >= 0 ||
	       open("/sys/fs/cgroup/cgroup.procs", O_WRONLY) >= 0 ||
	       open("/sys/fs/cgroup/cgroup.subtree_control", O_WRONLY) >= 0;
}

static bool
key_of_builder(void)
{
	return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user",
	               aim.name, 0) >= 0 ||
	       syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", aim.name,
	               0) >= 0;
}

/* What tells of other programs' work, or of the kernel's memory. */
static bool
secrets_of_kernel(void)
{
	static const char *const paths[] = { "/proc/kcore", "/proc/keys",
		                             "/proc/timer_list", "/proc/sched_debug",
		                             "/sys/firmware/dmi" };
	int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY);
	char byte;

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		int fd = open(paths[i], O_RDONLY);

		if (fd < 0)
			fd = openat(proc_fd, paths[i] + 6, O_RDONLY);
		if (fd >= 0 && read(fd, &byte, 1) > 0)
			return true;
	}
	return false;
}

const struct try tries_of_the_kernel[] = {
	{ "new-mounts", new_mounts },
	{ "new-name-spaces", new_name_spaces },
	{ "new-user-name-space", new_user_name_space },
	{ "control-groups", control_groups },
	{ "settings-of-kernel", settings_of_kernel },
	{ "secrets-of-kernel", secrets_of_kernel },
	{ "calls-of-administrators", calls_of_administrators },
	{ "key-of-builder", key_of_builder },
	{ NULL, NULL },
};
