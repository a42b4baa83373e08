#include "builder/sandbox/inside/descriptors.h"

#include <linux/close_range.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/statfs.h>

#include "builder/sandbox/inside/sys.h"

#define NUMBERS_MAX (1 << 20) /* of descriptors; fs.nr_open */

/* Closes the descriptors that /proc lists. The listing continues after the last number
 * read, so closing some meanwhile is safe. */
static int
close_listed(int first)
{
	_Alignas(struct sys_entry) char bytes[4096];
	int dir_fd = sys_openat(AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY, 0);
	struct statfs fs;
	long n = -1;

	if (dir_fd < 0)
		return -1;
	if (syscall(SYS_fstatfs, dir_fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC)
		while ((n = sys_getdents(dir_fd, bytes, sizeof bytes)) > 0)
			for (long at = 0; at < n;) {
				const struct sys_entry *e = (const void *)(bytes + at);
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
descriptors_close_from(int first)
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
descriptors_keep(int first, const int *fds, int n)
{
	int away[DESCRIPTORS_KEEP_MAX];

	/* First move them away: a target number may be in use by another of them. */
	for (int i = 0; i < n; i++) {
		away[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, first + n);
		if (away[i] < 0)
			return -1;
	}
	for (int i = 0; i < n; i++)
		if (dup3(away[i], first + i, O_CLOEXEC) < 0)
			return -1;
	return descriptors_close_from(first + n);
}
