/* Devices. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostile.h"

/* In each file system that a step may write to. */
static bool
opens_node(mode_t type, unsigned major, unsigned minor)
{
	static const char *const places[] = { "/node", "/dev/node", "/dev/shm/node",
		                              "/dev/mqueue/node", "/cache/node" };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		int fd = -1;

		unlink(places[i]);
		if (mknod(places[i], type | 0666, makedev(major, minor)) < 0)
			continue;
		fd = open(places[i], O_RDONLY | O_NONBLOCK);
		unlink(places[i]);
		if (fd >= 0)
			return true;
	}
	return false;
}

/* Whether a node that was made there is kept shut for what it is alone: the kernel says
 * so before it asks whether there is such a device. */
static bool
gets_to_device(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK), saved = errno;

	if (fd >= 0)
		close(fd);
	return fd >= 0 || saved == ENXIO || saved == ENODEV;
}

/* ------------------------------------------------------------ races */

/* Nobody has these numbers. */
#define STRANGE makedev(4095, 1048575)
#define RACERS  4

static volatile bool got_there, is_over;

static void *
make_and_delete(void *path)
{
	for (int i = 0; i < 100 && !got_there; i++) {
		if (mknod(path, S_IFCHR | 0666, STRANGE) < 0 && errno == EPERM)
			break;
		unlink(path);
	}
	return NULL;
}

static void *
open_again(void *path)
{
	while (!is_over)
		if (gets_to_device(path))
			got_there = true;
	return NULL;
}

/* Some make nodes in /dev, others open them all the time, from before the first is made. */
static bool
nodes_in_races(void)
{
	static char paths[RACERS][32];
	pthread_t makers[RACERS], openers[RACERS];

	got_there = is_over = false;
	for (int i = 0; i < RACERS; i++) {
		snprintf(paths[i], sizeof paths[i], "/dev/raced-%d", i);
		pthread_create(&openers[i], NULL, open_again, paths[i]);
	}
	for (int i = 0; i < RACERS; i++)
		pthread_create(&makers[i], NULL, make_and_delete, paths[i]);
	for (int i = 0; i < RACERS; i++)
		pthread_join(makers[i], NULL);
	is_over = true;
	for (int i = 0; i < RACERS; i++) {
		pthread_join(openers[i], NULL);
		unlink(paths[i]);
	}
	return got_there;
}

/* ------------------------------------------------------------ other ways to the call */

#ifdef __x86_64__
/* As a program of 32 bits does. */
static long
call_of_32_bits(long nr, long a, long b, long c, long d)
{
	long result = nr;

	__asm__ volatile("int $0x80"
	                 : "+a"(result)
	                 : "b"(a), "c"(b), "d"(c), "S"(d)
	                 : "memory", "r8", "r9", "r10", "r11");
	return result;
}

static bool
nodes_of_narrow_programs(void)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	bool reached = false;

	if (low == MAP_FAILED)
		return false;
	strcpy(low, "/dev/narrow");
	call_of_32_bits(14, (long)low, S_IFCHR | 0666, (long)STRANGE, 0);
	reached = gets_to_device(low);
	unlink(low);
	call_of_32_bits(297, AT_FDCWD, (long)low, S_IFBLK | 0666, 0x800);
	reached = reached || gets_to_device(low);
	unlink(low);
	return reached;
}
#else
static bool
nodes_of_narrow_programs(void)
{
	return false;
}
#endif

/* Bits that the kernel does not look at, directories that are open, and an O_PATH
 * descriptor that is opened again. */
static bool
nodes_with_odd_arguments(void)
{
	const unsigned long odd = 0x5a5a000000000000UL;
	int dir_fd = open("/dev", O_PATH | O_DIRECTORY), fd = -1;
	char again[32] = "";
	bool reached = false;

	syscall(SYS_mknodat, dir_fd, "odd", odd | 0x7fff0000 | S_IFCHR | 0666,
	        odd | STRANGE);
	reached = gets_to_device("/dev/odd");
	fd = openat(dir_fd, "odd", O_PATH);
	snprintf(again, sizeof again, "/proc/self/fd/%d", fd);
	reached = reached || gets_to_device(again);
	unlink("/dev/odd");
	return reached;
}

/* What is made in another file system comes into /dev. */
static bool
nodes_that_are_moved(void)
{
	static const char *const from[] = { "/node", "/cache/node", "/dev/shm/node" };
	bool reached = false;

	for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
		mknod(from[i], S_IFCHR | 0666, STRANGE);
		rename(from[i], "/dev/moved");
		link(from[i], "/dev/moved");
		link(from[i], "/dev/null/moved");
		reached = reached || gets_to_device("/dev/moved");
		unlink("/dev/moved");
		unlink(from[i]);
	}
	return reached;
}

/* Who allows the call itself: a filter of our own that asks us. */
static bool
nodes_that_we_allow_ourselves(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mknodat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };
	struct seccomp_notif asked = { 0 };
	struct seccomp_notif_resp answer = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	int fd = -1, status = 0;
	pid_t pid = 0;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	                  SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	if (fd < 0)
		return false;
	pid = fork();
	if (pid == 0) {
		syscall(SYS_mknodat, AT_FDCWD, "/dev/allowed", S_IFCHR | 0666, STRANGE);
		_exit(gets_to_device("/dev/allowed") ? 42 : 0);
	}
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &asked) == 0) {
		answer.id = asked.id;
		ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
	waitpid(pid, &status, 0);
	unlink("/dev/allowed");
	return WIFEXITED(status) && WEXITSTATUS(status) == 42;
}

/* ------------------------------------------------------------ by number */

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

/* Nodes that the base image brings along. */
static bool
nodes_of_image(void)
{
	return open("/image/disk", O_RDONLY | O_NONBLOCK) >= 0 ||
	       open("/image/memory", O_RDONLY | O_NONBLOCK) >= 0;
}

const struct try tries_of_devices[] = {
	/* First: after the first node /dev is not what it was. */
	{ "nodes-in-races", nodes_in_races },
	{ "nodes-of-narrow-programs", nodes_of_narrow_programs },
	{ "nodes-with-odd-arguments", nodes_with_odd_arguments },
	{ "nodes-that-are-moved", nodes_that_are_moved },
	{ "nodes-that-we-allow-ourselves", nodes_that_we_allow_ourselves },
	{ "disks", disks },
	{ "memory-devices", memory_devices },
	{ "other-devices", other_devices },
	{ "nodes-of-image", nodes_of_image },
	{ NULL, NULL },
};
