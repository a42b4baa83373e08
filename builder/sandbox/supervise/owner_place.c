#include "builder/sandbox/supervise/owner_place.h"

#include <errno.h>
#include <linux/openat2.h>
#include <string.h>

#include "base/missing.h"
#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/sys.h"

static int
fail(int why)
{
	errno = why;
	return -1;
}

static int
change_dir(int fd)
{
	int result = fd < 0 ? -1 : sys_fchdir(fd);

	if (fd >= 0)
		sys_close(fd);
	return result;
}

/* Our own descriptors have names in our directory of /proc. */
static int
hold(struct owner_place *p, int fd, int proc_fd)
{
	if (fd < 0)
		return -1;
	p->held_fd = fd;
	p->nofollow = false;
	memcpy(p->path, "self/fd/", 9);
	digits_of((uint64_t)(unsigned)fd, 10, p->path + 8);
	return sys_fchdir(proc_fd);
}

/* A descriptor is reached by its link in /proc. */
static int
enter_descriptor(struct owner_place *p, const struct owner_place_query *q)
{
	const struct notification *a = q->asked;
	char name[PROC_FD_NAME];
	size_t n = 0;

	proc_fd_name(q->dir_fd, name);
	if (q->changes)
		return hold(p, notify_open_proc(a, name, O_PATH), a->proc_fd);
	digits_of((uint64_t)a->tid, 10, p->path);
	n = strlen(p->path);
	p->path[n++] = '/';
	memcpy(p->path + n, name, strlen(name) + 1);
	p->nofollow = false;
	return sys_fchdir(a->proc_fd);
}

static int
enter_root(const struct owner_place_query *q)
{
	if (!q->roots_differ)
		return 0;
	if (change_dir(notify_open_proc(q->asked, "root", O_PATH | O_DIRECTORY)) < 0)
		return -1;
	return (int)syscall(SYS_chroot, ".");
}

/* ------------------------------------------------------------ not further than the
 * caller */

/* Relative to our working directory, without magic links of /proc. If the root's /proc has
 * no other processes, such a link is harmless, and plain openat() may replace openat2. */
static int
open_plainly(const char *path, int flags, bool proc_is_shared)
{
	struct open_how how = { .flags = (uint64_t)(unsigned)(flags | O_PATH | O_CLOEXEC),
		                .resolve = RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);

	if (fd < 0 && call_is_missing(errno) && !proc_is_shared)
		fd = sys_openat(AT_FDCWD, path, flags | O_PATH, 0);
	return fd;
}

/* Goes to the directory of the path; the path becomes its last component. */
static int
enter_parent(struct owner_place *p, const struct owner_place_query *q)
{
	char *slash = strrchr(p->path, '/');
	const char *name = slash == NULL ? p->path : slash + 1;

	if (slash != NULL) {
		const char first = slash[1];

		slash[1] = '\0';
		if (change_dir(open_plainly(p->path, O_DIRECTORY, q->proc_is_shared)) < 0)
			return -1;
		slash[1] = first;
	}
	memmove(p->path, name, strlen(name) + 1);
	p->nofollow = true;
	return 0;
}

static bool
ends_in_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;

	return *name != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int
enter_carefully(struct owner_place *p, const struct owner_place_query *q)
{
	size_t n = strlen(p->path);

	while (q->is_dir && n > 1 && p->path[n - 1] == '/')
		p->path[--n] = '\0';
	if (ends_in_name(p->path) && (q->is_new || p->nofollow))
		return enter_parent(p, q);
	if (q->is_new)
		return fail(EEXIST);
	return hold(p, open_plainly(p->path, 0, q->proc_is_shared), q->asked->proc_fd);
}

/* ------------------------------------------------------------ all */

int
owner_place_enter(struct owner_place *p, const struct owner_place_query *q)
{
	char name[PROC_FD_NAME];

	p->held_fd = -1;
	p->nofollow = (q->flags & AT_SYMLINK_NOFOLLOW) != 0;
	p->path[0] = '\0';
	if (q->has_path && (q->path_at != 0 || (q->flags & AT_EMPTY_PATH) == 0) &&
	    !notify_peek_text(q->asked, q->path_at, p->path, sizeof p->path))
		return fail(EFAULT);
	if (enter_root(q) < 0)
		return -1;
	/* /proc/self would be our own, and owners below /proc are not emulated. */
	if (strncmp(p->path, "/proc/", 6) == 0)
		return fail(ENOENT);
	if (p->path[0] == '\0')
		return (q->flags & AT_EMPTY_PATH) != 0 ? enter_descriptor(p, q)
		                                       : fail(ENOENT);
	if (p->path[0] != '/' &&
	    change_dir(notify_open_proc(q->asked, proc_fd_name(q->dir_fd, name),
	                                O_PATH)) < 0)
		return -1;
	return q->changes || q->is_new || q->proc_is_shared ? enter_carefully(p, q) : 0;
}

void
owner_place_leave(struct owner_place *p)
{
	if (p->held_fd >= 0)
		sys_close(p->held_fd);
	p->held_fd = -1;
}

bool
owner_place_proc_is_shared(void)
{
	char number[16];

	return sys_readlinkat(AT_FDCWD, "/proc/self", number, sizeof number) >= 0;
}
