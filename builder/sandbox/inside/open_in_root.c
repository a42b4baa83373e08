#include "builder/sandbox/inside/open_in_root.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/statfs.h>

#include "base/missing.h"
#include "builder/sandbox/inside/sys.h"

#define LINKS_MAX    40
#define ATTEMPTS_MAX 128

/* The inode of the root of a proc file system; links directly in it are paths, links
 * further below are not. */
#define PROC_ROOT_INO 1

/* HERE is the directory that was REACHED, a path below the root without links; REST is
 * left to go. */
struct walk {
	int root_fd, here_fd;
	char reached[PATH_MAX], rest[PATH_MAX];
	int links_left;
	int flags;   /* O_NOFOLLOW: of the last name; O_DIRECTORY */
	bool is_dir; /* a missing entry is to be a directory */
	in_root_make_fn *make;
	void *arg;
};

static int
fail(int why)
{
	errno = why;
	return -1;
}

static int
open_here(int dir_fd, const char *name)
{
	return sys_openat(dir_fd, name, O_PATH | O_NOFOLLOW, 0);
}

static int
move_to(struct walk *w, int fd)
{
	if (fd < 0)
		return -1;
	sys_close(w->here_fd);
	w->here_fd = fd;
	return 0;
}

/* Cuts the next component off PATH; its length, 0 at the end. */
static size_t
next(char *path, char name[NAME_MAX + 1])
{
	const size_t from = strspn(path, "/"), n = strcspn(path + from, "/");

	if (n <= NAME_MAX) {
		memcpy(name, path + from, n);
		name[n] = '\0';
	}
	memmove(path, path + from + n, strlen(path + from + n) + 1);
	return n;
}

static bool
is_last(const struct walk *w)
{
	return w->rest[strspn(w->rest, "/")] == '\0';
}

/* ------------------------------------------------------------ steps of a walk */

/* If a step moves a directory away, its ".." would lead out. So the walk reaches the
 * parent from the root again. */
static int
go_up(struct walk *w)
{
	char *slash = strrchr(w->reached, '/');
	char again[PATH_MAX], name[NAME_MAX + 1];

	w->reached[slash == NULL ? 0 : slash - w->reached] = '\0';
	memcpy(again, w->reached, strlen(w->reached) + 1);
	if (move_to(w, open_here(w->root_fd, ".")) < 0)
		return -1;
	while (next(again, name) > 0)
		if (move_to(w, sys_openat(w->here_fd, name,
		                          O_PATH | O_NOFOLLOW | O_DIRECTORY, 0)) < 0)
			return -1;
	return 0;
}

static int
go_down(struct walk *w, const char *name, size_t n, int fd)
{
	size_t at = strlen(w->reached);

	if (at + 1 + n >= sizeof w->reached) {
		sys_close(fd);
		return fail(ENAMETOOLONG);
	}
	if (at > 0)
		w->reached[at++] = '/';
	memcpy(w->reached + at, name, n + 1);
	return move_to(w, fd);
}

/* The text of a magic link is not a path, and its target may be anywhere. */
static bool
has_magic_links(int dir_fd)
{
	struct statfs fs;
	struct stat st;

	return syscall(SYS_fstatfs, dir_fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC &&
	       (sys_fstat(dir_fd, &st) < 0 || st.st_ino != PROC_ROOT_INO);
}

/* Puts the target of the open link in front of the rest. */
static int
follow(struct walk *w, int link_fd)
{
	char to[PATH_MAX];
	const size_t left = strlen(w->rest);
	const ssize_t n = sys_readlinkat(link_fd, "", to, sizeof to);

	if (n <= 0)
		return n < 0 ? -1 : fail(ENOENT);
	if (w->links_left-- == 0 || has_magic_links(w->here_fd))
		return fail(ELOOP);
	if ((size_t)n + left >= sizeof w->rest)
		return fail(ENAMETOOLONG);
	memmove(w->rest + n, w->rest, left + 1);
	memcpy(w->rest, to, (size_t)n);
	if (to[0] != '/')
		return 0;
	w->reached[0] = '\0';
	return move_to(w, open_here(w->root_fd, "."));
}

/* Opens NAME in the directory reached, or makes it if that is wanted. */
static int
open_or_make(struct walk *w, const char *name)
{
	int fd = open_here(w->here_fd, name);

	if (fd >= 0 || errno != ENOENT || w->make == NULL)
		return fd;
	/* Another process may have made it meanwhile. */
	if (w->make(w->arg, w->here_fd, w->reached, name, w->is_dir || !is_last(w)) < 0 &&
	    errno != EEXIST)
		return -1;
	return open_here(w->here_fd, name);
}

static int
step(struct walk *w, const char *name, size_t n)
{
	struct stat st;
	int fd = -1, result = 0;

	if (n > NAME_MAX)
		return fail(ENAMETOOLONG);
	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0)
		return go_up(w);
	fd = open_or_make(w, name);
	if (fd < 0)
		return -1;
	if (sys_fstat(fd, &st) < 0)
		return sys_close_failed(fd);
	if (!S_ISLNK(st.st_mode) || ((w->flags & O_NOFOLLOW) != 0 && w->rest[0] == '\0'))
		return go_down(w, name, n, fd);
	result = follow(w, fd);
	sys_close_failed(fd);
	return result;
}

/* What is reached is a directory if that is asked for, or PATH has a slash at its end. */
static int
check_type(struct walk *w, const char *path)
{
	struct stat st;

	if ((w->flags & O_DIRECTORY) == 0 && path[strlen(path) - 1] != '/')
		return w->here_fd;
	if (sys_fstat(w->here_fd, &st) == 0 && S_ISDIR(st.st_mode))
		return w->here_fd;
	errno = ENOTDIR;
	return sys_close_failed(w->here_fd);
}

static int
walk(struct walk *w, const char *path)
{
	char name[NAME_MAX + 1] = "";
	size_t n = strlen(path);

	if (n == 0)
		return fail(ENOENT);
	if (n >= sizeof w->rest)
		return fail(ENAMETOOLONG);
	memcpy(w->rest, path, n + 1);
	w->links_left = LINKS_MAX;
	w->here_fd = open_here(w->root_fd, ".");
	if (w->here_fd < 0)
		return -1;
	while ((n = next(w->rest, name)) > 0)
		if (step(w, name, n) < 0)
			return sys_close_failed(w->here_fd);
	return check_type(w, path);
}

/* ------------------------------------------------------------ the kernel's way */

/* openat2 exists since Linux 5.6, but a filter may not know it. */
static int
open_by_kernel(int root_fd, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)(unsigned)(flags | O_PATH | O_CLOEXEC),
		                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int fd = -1;

	/* A rename elsewhere on the machine may make it fail with EAGAIN. */
	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd;
}

int
open_in_root(int root_fd, const char *path)
{
	return open_in_root_as(root_fd, path, 0);
}

int
open_in_root_as(int root_fd, const char *path, int flags)
{
	struct walk w = { .root_fd = root_fd, .flags = flags };
	int fd = open_by_kernel(root_fd, path, flags);

	if (fd < 0 && call_is_missing(errno))
		return walk(&w, path);
	return fd;
}

int
open_in_root_making(int root_fd, const char *path, bool is_dir, in_root_make_fn *make,
                    void *arg)
{
	struct walk w = {
		.root_fd = root_fd, .is_dir = is_dir, .make = make, .arg = arg
	};
	int fd = open_by_kernel(root_fd, path, 0);

	if (fd < 0 && (errno == ENOENT || call_is_missing(errno)))
		return walk(&w, path);
	return fd;
}
