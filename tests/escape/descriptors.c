/* What a supervisor opens, or opens again, for a step that asks for it by a name. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "hostile.h"

static const char *const directories[] = {
	"/proc",
	"/proc/self",
	"/proc/self/fd",
	"/proc/self/task",
	"/proc/sys",
	"/proc/self/ns",
	"/proc/net",
	"/proc/self/cwd",
	"/proc/self/root",
	"/dev/fd",
	"/proc/thread-self/fd",
};

/* True for a file of the machine; what is made of it may be the step's. */
static bool
is_machines(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type != TMPFS_MAGIC;
}

/* Descriptor FD by all its names: true if one of them opens with FLAGS what has the
 * token, or, for writing, at all. */
static bool
opens_again(int fd, int flags)
{
	const char *const formats[] = { "/proc/self/fd/%d", "/proc/thread-self/fd/%d",
		                        "/dev/fd/%d", "//proc/./self//fd/%d" };
	char path[128];
	int again = -1;

	for (size_t i = 0; fd >= 0 && i <= sizeof formats / sizeof *formats; i++) {
		if (i < sizeof formats / sizeof *formats)
			snprintf(path, sizeof path, formats[i], fd);
		else
			snprintf(path, sizeof path, "/proc/%d/task/%d/fd/%d", getpid(),
			         (int)syscall(SYS_gettid), fd);
		again = open(path, flags | O_NONBLOCK);
		if (again >= 0 && ((flags & O_ACCMODE) == O_RDONLY ? has_token(again)
		                                                   : is_machines(again)))
			return true;
	}
	return false;
}

/* What is open for a path only, and what can be done with that. */
static bool
reaches_from(int dir_fd)
{
	int fd = openat(dir_fd, aim.canary + 1, O_PATH);
	struct stat st;

	return fstatat(dir_fd, aim.canary + 1, &st, 0) == 0 ||
	       reads_at(dir_fd, aim.canary + 1) ||
	       fchmodat(dir_fd, aim.canary + 1, 0600, 0) == 0 ||
	       opens_again(fd, O_RDONLY) || opens_again(fd, O_WRONLY | O_APPEND) ||
	       opens_again(fd, O_RDWR) || opens_again(fd, O_WRONLY | O_TRUNC);
}

static bool
reaches_above(int dir_fd)
{
	char up[3 * 9] = "";

	for (int i = 0; i < 8; i++) {
		int fd = -1;

		strcat(up, "../");
		fd = openat(dir_fd, up, O_PATH | O_DIRECTORY);
		if (fd >= 0 && reaches_from(fd))
			return true;
		if (fd >= 0)
			close(fd);
	}
	if (fchdir(dir_fd) == 0 && chdir("../../../../../../../..") == 0 &&
	    reaches_from(AT_FDCWD))
		return true;
	return chdir("/") != 0;
}

static bool
canary_above_directories(void)
{
	static const int flags[] = { O_RDONLY | O_DIRECTORY, O_PATH | O_DIRECTORY, O_PATH,
		                     O_RDONLY | O_NOFOLLOW };

	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
		for (size_t k = 0; k < sizeof flags / sizeof *flags; k++) {
			int fd = open(directories[i], flags[k]);

			if (fd >= 0 && reaches_above(fd))
				return true;
			if (fd >= 0)
				close(fd);
		}
	return false;
}

/* … and by the name of such a directory's descriptor, once more. */
static bool
canary_above_descriptors(void)
{
	char path[64];

	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
		int fd = open(directories[i], O_PATH | O_DIRECTORY), again = -1;

		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		again = fd < 0 ? -1 : open(path, O_RDONLY | O_DIRECTORY);
		if (again >= 0 && reaches_above(again))
			return true;
		again = fd < 0 || fchdir(fd) < 0
		                ? -1
		                : open("/proc/self/cwd", O_RDONLY | O_DIRECTORY);
		if (again >= 0 && reaches_above(again))
			return true;
		if (chdir("/") < 0)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------ what is looked at twice */

static char changing[64];

/* The path is another one between the look and the use, if it is looked at twice. */
static void *
change(void *other)
{
	char first[sizeof changing];

	memcpy(first, changing, sizeof first);
	for (;;) {
		memcpy(changing, other, sizeof changing);
		PUBLISH();
		memcpy(changing, first, sizeof changing);
		PUBLISH();
	}
	return NULL;
}

static bool
path_changes_meanwhile(void)
{
	char other[sizeof changing] = "";
	pthread_t thread;

	snprintf(changing, sizeof changing, "/proc/self/environ");
	snprintf(other, sizeof other, "/proc/%d/environ", aim.victim);
	if (pthread_create(&thread, NULL, change, other) != 0)
		return false;
	for (int i = 0; i < 20000; i++)
		if (reads(changing))
			return true;
	return false;
}

static int swapped_fd, inside_fd;

static void *
swap(void *outside)
{
	for (;;) {
		dup2(*(int *)outside, swapped_fd);
		dup2(inside_fd, swapped_fd);
	}
	return NULL;
}

/* What a descriptor is changes between the look and the use. */
static bool
descriptor_changes_meanwhile(void)
{
	static const char setting[] = "/proc/sys/kernel/core_pattern";
	int outside = open(setting, O_PATH);
	char path[64];
	pthread_t thread;

	inside_fd = open("/inside", O_RDWR | O_CREAT, 0644);
	swapped_fd = dup(inside_fd);
	snprintf(path, sizeof path, "/proc/self/fd/%d", swapped_fd);
	if (outside < 0 || pthread_create(&thread, NULL, swap, &outside) != 0)
		return false;
	for (int i = 0; i < 20000; i++) {
		int fd = open(path, O_WRONLY);
		char name[128] = "", link[64];

		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		if (fd >= 0 && readlink(link, name, sizeof name - 1) > 0 &&
		    strstr(name, "core_pattern") != NULL)
			return true;
		if (fd >= 0)
			close(fd);
	}
	return false;
}

/* ------------------------------------------------------------ more rights than its own
 */

static bool
messages_of_kernel(void)
{
	static const char *const paths[] = { "/proc/kmsg", "//proc/kmsg", "/dev/kmsg" };
	int fd = open("/proc/kmsg", O_PATH);

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (open(paths[i], O_RDONLY | O_NONBLOCK) >= 0)
			return true;
	for (int flags = O_RDONLY; flags <= O_RDWR; flags++) {
		char path[64];

		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		if (fd >= 0 && open(path, flags | O_NONBLOCK) >= 0)
			return true;
	}
	return false;
}

static bool
settings_by_descriptor(void)
{
	static const char *const paths[] = { "/proc/sys/kernel/core_pattern",
		                             "/proc/sys/vm/drop_caches",
		                             "/proc/sysrq-trigger" };

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (opens_again(open(paths[i], O_PATH), O_WRONLY) ||
		    opens_again(open(paths[i], O_RDONLY), O_WRONLY) ||
		    opens_again(open(paths[i], O_RDONLY), O_RDWR | O_TRUNC))
			return true;
	return false;
}

/* A user of the step has no more rights by a detour than without one. */
static bool
file_of_root_by_descriptor(void)
{
	int fd = open("/of-root", O_CREAT | O_WRONLY, 0600);

	if (fd < 0 || write(fd, TOKEN, strlen(TOKEN)) < 0)
		return false;
	close(fd);
	fd = open("/of-root", O_PATH);
	if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, 1, 1, 1) < 0 ||
	    syscall(SYS_setresuid, 1, 1, 1) < 0)
		return false;
	/* Where owners are emulated all files are everybody's. */
	return !reads("/of-root") &&
	       (opens_again(fd, O_RDONLY) || opens_again(fd, O_WRONLY));
}

const struct try tries_of_descriptors[] = {
	{ "canary-above-directories", canary_above_directories },
	{ "canary-above-descriptors", canary_above_descriptors },
	{ "path-changes-meanwhile", path_changes_meanwhile },
	{ "descriptor-changes-meanwhile", descriptor_changes_meanwhile },
	{ "messages-of-kernel", messages_of_kernel },
	{ "settings-by-descriptor", settings_by_descriptor },
	{ "file-of-root-by-descriptor", file_of_root_by_descriptor },
	{ NULL, NULL },
};
