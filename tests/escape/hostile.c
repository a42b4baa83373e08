/*
 * What a hostile RUN step tries. Run inside the step:
 *
 *	hostile CANARY PID SOCKET KEY STORE
 *
 *	CANARY   path of a file of the machine, its content is the token
 *	PID      a process of the machine that has the token in its environment
 *	SOCKET   name of an abstract socket that somebody listens on
 *	KEY      description of a key in the keyring of the builder's session
 *	STORE    path of the store
 *
 * Prints "reached NAME" for each try that got somewhere, "tried N" at the end.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOKEN "cooper-canary-token"
#define DEPTH 64

static const char *canary, *socket_name, *key, *store;
static pid_t victim;

static bool
has_token(int fd)
{
	char bytes[65536];
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof bytes - 1);

	if (fd >= 0)
		close(fd);
	return n > 0 && memmem(bytes, (size_t)n, TOKEN, strlen(TOKEN)) != NULL;
}

static bool
reads(const char *path)
{
	return has_token(open(path, O_RDONLY | O_NONBLOCK));
}

static bool
reads_at(int dir_fd, const char *path)
{
	return has_token(openat(dir_fd, path, O_RDONLY | O_NONBLOCK));
}

/* ------------------------------------------------------------ files */

static bool
canary_by_name(void)
{
	return reads(canary);
}

static bool
canary_upwards(void)
{
	char path[DEPTH * 3 + 512] = "";

	for (int i = 0; i < DEPTH; i++)
		strcat(path, "../");
	strncat(path, canary + 1, 500);
	return reads(path) || reads_at(open("/", O_RDONLY | O_DIRECTORY), path);
}

static bool
canary_by_link(void)
{
	unlink("/link");
	return symlink(canary, "/link") == 0 && reads("/link");
}

/* The classic way out of a chroot. */
static bool
canary_out_of_chroot(void)
{
	char up[DEPTH * 3 + 1] = "";
	int root_fd = open("/", O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < DEPTH; i++)
		strcat(up, "../");
	mkdir("/jail", 0755);
	if (chroot("/jail") < 0 || fchdir(root_fd) < 0 || chdir(up) < 0 ||
	    chroot(".") < 0)
		return false;
	return reads(canary);
}

static bool
write_out_of_chroot(void)
{
	char path[512];
	int fd = -1;

	canary_out_of_chroot();
	snprintf(path, sizeof path, "%s.written", canary);
	fd = open(path, O_CREAT | O_WRONLY, 0644);
	return fd >= 0;
}

static bool
canary_by_process(const char *format, int from, int to)
{
	char path[1024];

	for (int pid = from; pid <= to; pid++) {
		snprintf(path, sizeof path, format, pid, canary);
		if (reads(path))
			return true;
	}
	return false;
}

static bool
canary_by_root_of_process(void)
{
	return canary_by_process("/proc/%d/root%s", 1, 200) ||
	       canary_by_process("/proc/%d/root%s", victim, victim);
}

static bool
canary_by_cwd_of_process(void)
{
	static const char format[] = "/proc/%d/cwd/../../../../../../../../../..%s";

	return canary_by_process(format, 1, 200) ||
	       canary_by_process(format, victim, victim);
}

static bool
canary_by_own_root(void)
{
	char path[1024];

	snprintf(path, sizeof path, "/proc/self/root/../../../../../../../../..%s",
	         canary);
	if (reads(path))
		return true;
	snprintf(path, sizeof path, "/proc/thread-self/root/../../../../../../../..%s",
	         canary);
	if (reads(path))
		return true;
	snprintf(path, sizeof path, "/proc/self/cwd/../../../../../../../../../..%s",
	         canary);
	return reads(path);
}

static bool
canary_by_open_proc(void)
{
	int fd = open("/proc", O_RDONLY | O_DIRECTORY);
	char path[1024];

	for (int pid = 1; pid < 200; pid++) {
		snprintf(path, sizeof path, "%d/root%s", pid, canary);
		if (reads_at(fd, path))
			return true;
	}
	snprintf(path, sizeof path, "%d/root%s", victim, canary);
	return reads_at(fd, path);
}

static bool
store_by_name(void)
{
	return open(store, O_RDONLY | O_DIRECTORY) >= 0;
}

/* ------------------------------------------------------------ processes */

static bool
environment_of_process(void)
{
	char path[64];
	int fd = open("/proc", O_RDONLY | O_DIRECTORY);

	snprintf(path, sizeof path, "/proc/%d/environ", victim);
	if (reads(path))
		return true;
	return reads_at(fd, path + strlen("/proc/"));
}

static bool
signal_to_process(void)
{
	return kill(victim, 0) == 0;
}

static bool
trace_of_process(void)
{
	return ptrace(PTRACE_ATTACH, victim, NULL, NULL) == 0;
}

static bool
memory_of_process(void)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/mem", victim);
	return open(path, O_RDONLY) >= 0;
}

static bool
priority_of_process(void)
{
	return setpriority(PRIO_PROCESS, (id_t)victim, 19) == 0;
}

static bool
limits_of_process(void)
{
	struct rlimit limit;

	return prlimit(victim, RLIMIT_NOFILE, NULL, &limit) == 0;
}

static bool
name_spaces_of_process(void)
{
	static const char *const names[] = { "mnt", "net", "pid", "user", "ipc", "uts" };
	char path[64];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int fd = -1;

		snprintf(path, sizeof path, "/proc/%d/ns/%s", victim, names[i]);
		fd = open(path, O_RDONLY);
		if (fd >= 0 && setns(fd, 0) == 0)
			return true;
		snprintf(path, sizeof path, "/proc/1/ns/%s", names[i]);
		fd = open(path, O_RDONLY);
		/* Our own is no way out. */
		if (fd >= 0 && strcmp(names[i], "mnt") == 0 && setns(fd, 0) == 0)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------ the kernel */

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
	static const char *const paths[] = {
		"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe",
		"/proc/sys/vm/drop_caches",      "/proc/sysrq-trigger",
		"/sys/kernel/uevent_helper",     "/sys/power/state"
	};

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (open(paths[i], O_WRONLY) >= 0)
			return true;
	return false;
}

static bool
calls_of_administrators(void)
{
	static const long numbers[] = {
		SYS_init_module, SYS_kexec_load,    SYS_reboot,
		SYS_swapon,      SYS_bpf,           SYS_perf_event_open,
		SYS_acct,        SYS_settimeofday,  SYS_open_by_handle_at,
		SYS_userfaultfd, SYS_io_uring_setup
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		long result = syscall(numbers[i], 0, 0, 0, 0, 0);

		if (result >= 0 || (errno != EPERM && errno != ENOSYS && errno != EACCES))
			return true;
	}
	return false;
}

static bool
key_of_builder(void)
{
	return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", key,
	               0) >= 0 ||
	       syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", key,
	               0) >= 0;
}

/* ------------------------------------------------------------ devices */

static bool
opens_node(mode_t type, unsigned major, unsigned minor)
{
	int fd = -1;

	unlink("/node");
	if (mknod("/node", type | 0666, makedev(major, minor)) < 0)
		return false;
	fd = open("/node", O_RDONLY | O_NONBLOCK);
	unlink("/node");
	return fd >= 0;
}

static bool
disks(void)
{
	static const unsigned majors[] = { 8, 252, 253, 254, 259, 7, 179 };

	for (size_t i = 0; i < sizeof majors / sizeof *majors; i++)
		if (opens_node(S_IFBLK, majors[i], 0))
			return true;
	return false;
}

static bool
memory_devices(void)
{
	return opens_node(S_IFCHR, 1, 1) || opens_node(S_IFCHR, 1, 4) ||
	       open("/dev/mem", O_RDONLY) >= 0 || open("/dev/kmem", O_RDONLY) >= 0;
}

static bool
other_devices(void)
{
	static const char *const expected[] = { "null",    "zero",   "full", "random",
		                                "urandom", "tty",    "pts",  "shm",
		                                "mqueue",  "fd",     "core", "stdin",
		                                "stdout",  "stderr", "ptmx", ".",
		                                "..",      "console" };
	DIR *dir = opendir("/dev");
	const struct dirent *d = NULL;
	bool found = false;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		bool known = false;

		for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
			known = known || strcmp(d->d_name, expected[i]) == 0;
		found = found || !known;
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

/* ------------------------------------------------------------ what is inherited */

static bool
leaked_descriptors(void)
{
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return true;
	return false;
}

static bool
environment_of_builder(void)
{
	for (char **e = environ; *e != NULL; e++)
		if (strstr(*e, TOKEN) != NULL)
			return true;
	return false;
}

static bool
abstract_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(address.sun_path + 1, socket_name, sizeof address.sun_path - 2);
	return connect(fd, (struct sockaddr *)&address,
	               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	                           strlen(socket_name))) == 0;
}

static bool
input_to_terminal(void)
{
	return ioctl(0, TIOCSTI, "x") == 0 || ioctl(1, TIOCSTI, "x") == 0;
}

/* ------------------------------------------------------------ all */

static const struct {
	const char *name;
	bool (*reaches)(void);
} tries[] = {
	{ "canary-by-name", canary_by_name },
	{ "canary-upwards", canary_upwards },
	{ "canary-by-link", canary_by_link },
	{ "canary-out-of-chroot", canary_out_of_chroot },
	{ "write-out-of-chroot", write_out_of_chroot },
	{ "canary-by-root-of-process", canary_by_root_of_process },
	{ "canary-by-cwd-of-process", canary_by_cwd_of_process },
	{ "canary-by-own-root", canary_by_own_root },
	{ "canary-by-open-proc", canary_by_open_proc },
	{ "store-by-name", store_by_name },
	{ "environment-of-process", environment_of_process },
	{ "signal-to-process", signal_to_process },
	{ "trace-of-process", trace_of_process },
	{ "memory-of-process", memory_of_process },
	{ "priority-of-process", priority_of_process },
	{ "limits-of-process", limits_of_process },
	{ "name-spaces-of-process", name_spaces_of_process },
	{ "new-mounts", new_mounts },
	{ "new-name-spaces", new_name_spaces },
	{ "settings-of-kernel", settings_of_kernel },
	{ "calls-of-administrators", calls_of_administrators },
	{ "key-of-builder", key_of_builder },
	{ "disks", disks },
	{ "memory-devices", memory_devices },
	{ "other-devices", other_devices },
	{ "leaked-descriptors", leaked_descriptors },
	{ "environment-of-builder", environment_of_builder },
	{ "abstract-socket", abstract_socket },
	{ "input-to-terminal", input_to_terminal },
};

/* In a process of its own: some do not come back as they were. */
static bool
attempt(bool (*reaches)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(reaches() ? 42 : 0);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 42;
}

int
main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	canary = argv[1];
	victim = atoi(argv[2]);
	socket_name = argv[3];
	key = argv[4];
	store = argv[5];
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
		if (attempt(tries[i].reaches))
			printf("reached %s\n", tries[i].name);
	printf("tried %zu\n", sizeof tries / sizeof *tries);
	return 0;
}
