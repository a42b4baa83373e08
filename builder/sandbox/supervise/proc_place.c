#include "builder/sandbox/supervise/proc_place.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/sys.h"

#ifndef PIPEFS_MAGIC
#define PIPEFS_MAGIC 0x50495045
#endif

const char *
proc_place_name(int fd, char out[PROC_PLACE_NAME])
{
	memcpy(out, "/proc/self/fd/", 15);
	digits_of((uint64_t)(unsigned)fd, 10, out + 14);
	return out;
}

static bool
is_in_tree(const struct proc_server *s, const char *name, size_t n)
{
	return n >= s->tree_n && memcmp(name, s->tree, s->tree_n) == 0 &&
	       (n == s->tree_n || name[s->tree_n] == '/');
}

size_t
proc_place_name_inside(const struct proc_server *s, char *target, size_t n)
{
	if (!is_in_tree(s, target, n))
		return n;
	n -= s->tree_n;
	memmove(target, target + s->tree_n, n);
	if (n == 0)
		target[n++] = '/';
	return n;
}

/* ------------------------------------------------------------ opening */

/* The process may end and its number be reused, so its directory is opened before its
 * owner is checked. */
static int
open_of_process(const struct proc_server *s, const char *path, int flags)
{
	const size_t n = strspn(path + 6, "0123456789");
	char dir[PROC_PATH_MAX];
	int dir_fd = -1, fd = -1;

	memcpy(dir, path, 6 + n);
	dir[6 + n] = '\0';
	dir_fd = sys_openat(AT_FDCWD, dir, O_PATH | O_DIRECTORY, 0);
	if (dir_fd < 0)
		return -1;
	if (!proc_path_is_of_step_at(s, dir_fd))
		errno = ENOENT;
	else if (path[6 + n] == '\0')
		return dir_fd;
	else
		fd = sys_openat(dir_fd, path + 6 + n + 1, flags, 0);
	sys_close(dir_fd);
	return fd;
}

static int
open_path(const struct proc_server *s, enum proc_path_kind kind, const char *path,
          bool follows)
{
	const int flags = O_PATH | (follows ? 0 : O_NOFOLLOW);

	if (kind != PROC_PATH_DEVICE && path[5] == '/' && path[6] >= '0' &&
	    path[6] <= '9')
		return open_of_process(s, path, flags);
	return sys_openat(AT_FDCWD, path, flags, 0);
}

/* ------------------------------------------------------------ what it is */

/* The devices that everybody has in /dev, and the step's terminal. */
static bool
is_device(const struct proc_server *s, const struct stat *st)
{
	static const uint8_t minors[] = { 3, 5, 7, 8, 9 };
	struct stat terminal;

	if (!S_ISCHR(st->st_mode))
		return false;
	for (size_t i = 0; i < sizeof minors; i++)
		if (st->st_rdev == makedev(1, minors[i]))
			return true;
	return st->st_rdev == makedev(5, 0) ||
	       (s->terminal_fd >= 0 && sys_fstat(s->terminal_fd, &terminal) == 0 &&
	        terminal.st_rdev == st->st_rdev && terminal.st_ino == st->st_ino);
}

/* Whether the file has no name in any directory: a pipe, a namespace, or a memory file,
 * which is recognised by its name. */
static bool
is_nowhere(const struct statfs *fs, const struct stat *st, const char *name, size_t n)
{
	static const char memory[] = "/memfd:", end[] = " (deleted)";

	if (fs->f_type == PIPEFS_MAGIC || fs->f_type == NSFS_MAGIC)
		return true;
	return S_ISREG(st->st_mode) && st->st_nlink == 0 &&
	       n > sizeof memory + sizeof end && name[n - 1] == ')' &&
	       memcmp(name, memory, sizeof memory - 1) == 0 &&
	       memcmp(name + n - (sizeof end - 1), end, sizeof end - 1) == 0;
}

/* Checked by name, whatever the way to it. */
static enum proc_place_kind
kind_in_proc(const struct proc_server *s, pid_t tid, const char *name, mode_t mode)
{
	char path[PROC_PATH_MAX];
	enum proc_path_kind kind = proc_path(s, tid, name, false, path);

	if (kind != PROC_PATH_OWN && kind != PROC_PATH_SYSTEM)
		return PROC_PLACE_CLOSED;
	if (S_ISDIR(mode))
		return PROC_PLACE_LISTED;
	return kind == PROC_PATH_SYSTEM && S_ISREG(mode) ? PROC_PLACE_COPIED
	                                                 : PROC_PLACE_ITS_OWN;
}

static enum proc_place_kind
kind_of(const struct proc_server *s, pid_t tid, int fd)
{
	char link[PROC_PLACE_NAME], name[PATH_MAX];
	struct statfs fs;
	struct stat st;
	ssize_t n = sys_readlinkat(AT_FDCWD, proc_place_name(fd, link), name,
	                           sizeof name - 1);

	if (n <= 0 || sys_fstat(fd, &st) < 0 || syscall(SYS_fstatfs, fd, &fs) < 0)
		return PROC_PLACE_CLOSED;
	name[n] = '\0';
	if (fs.f_type == PROC_SUPER_MAGIC)
		return kind_in_proc(s, tid, name, st.st_mode);
	if (is_in_tree(s, name, (size_t)n) || is_nowhere(&fs, &st, name, (size_t)n))
		return PROC_PLACE_ITS_OWN;
	return is_device(s, &st) ? PROC_PLACE_DEVICE : PROC_PLACE_CLOSED;
}

int
proc_place_open(const struct proc_server *s, pid_t tid, enum proc_path_kind kind,
                const char *path, bool follows, struct proc_place *out)
{
	out->fd = open_path(s, kind, path, follows);
	if (out->fd < 0)
		return -1;
	out->kind = kind_of(s, tid, out->fd);
	return 0;
}

int
proc_place_open_terminal(const struct proc_server *s, pid_t tid, int flags)
{
	char link[PROC_PLACE_NAME];

	if (s->terminal_fd < 0 || syscall(SYS_getsid, tid) != s->session) {
		errno = ENXIO;
		return -1;
	}
	return sys_openat(AT_FDCWD, proc_place_name(s->terminal_fd, link),
	                  (flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW)) | O_NOCTTY, 0);
}
