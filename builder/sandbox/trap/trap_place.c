#include "builder/sandbox/trap/trap_place.h"

#include <errno.h>
#include <linux/openat2.h>
#include <string.h>

#include "base/missing.h"
#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/open_in_root.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/proc_place.h"
#include "builder/sandbox/trap/trap_link.h"
#include "builder/sandbox/trap/trap_proc.h"

#define LINKS_MAX 40

static int
fail(int error)
{
	errno = error;
	return -1;
}

/* ------------------------------------------------------------ names of the caller */

int
trap_open_descriptor(const struct trap_call *c, int fd)
{
	char name[PROC_FD_NAME];
	int held = -1;

	if (fd < 0 && fd != AT_FDCWD)
		return fail(EBADF);
	held = notify_open_proc(c->asked, proc_fd_name(fd, name), O_PATH);
	if (held < 0)
		return errno == ENOENT ? fail(EBADF) : -1;
	return trap_link_real(c, held);
}

void
trap_start_at(int dir_fd, const char *path, struct trap_start *out)
{
	out->dir_fd = dir_fd;
	out->is_missing = false;
	out->absolute[0] = '\0';
	memcpy(out->path, path, strlen(path) + 1);
}

/* Whether it does not matter if the caller is gone meanwhile. */
static bool
only_looks(const struct trap_call *c)
{
	int (*const answer)(struct trap_call *, int64_t *) =
	        c->shape == NULL ? NULL : c->shape->answer;

	return answer == trap_stat || answer == trap_statx || answer == trap_access ||
	       answer == trap_readlink ||
	       (answer == trap_open &&
	        (c->flags & (O_ACCMODE | O_CREAT | O_TRUNC)) == O_RDONLY);
}

int
trap_start(const struct trap_call *c, int8_t dir, int8_t path, struct trap_start *out)
{
	const uint64_t at = trap_arg(c, path);

	out->dir_fd = dir < 0 ? AT_FDCWD : (int)trap_arg(c, dir);
	out->path[0] = out->absolute[0] = '\0';
	out->is_missing = false;
	if (path < 0 || (at == 0 && (c->flags & AT_EMPTY_PATH) != 0))
		return 0;
	errno = 0;
	if (!(only_looks(c) ? notify_look_text : notify_peek_text)(
	            c->asked, at, out->path, sizeof out->path))
		return fail(errno == 0 ? ENAMETOOLONG : EFAULT);
	if (out->path[0] == '\0' && (c->flags & AT_EMPTY_PATH) == 0)
		return fail(ENOENT);
	return 0;
}

/* ------------------------------------------------------------ absolute paths */

static size_t
inside(const struct trap_root *root, char *path, size_t n)
{
	if (n < root->path_n || memcmp(path, root->path, root->path_n) != 0 ||
	    (n > root->path_n && path[root->path_n] != '/'))
		return 0;
	n -= root->path_n;
	memmove(path, path + root->path_n, n);
	if (n == 0)
		path[n++] = '/';
	path[n] = '\0';
	return n;
}

static int
name_below(const struct trap_root *root, int fd, char out[PATH_MAX])
{
	char link[PROC_PLACE_NAME];
	ssize_t n = sys_readlinkat(AT_FDCWD, proc_place_name(fd, link), out,
	                           PATH_MAX - 1);

	if (n < 0)
		return -1;
	out[n] = '\0';
	return inside(root, out, (size_t)n) == 0 ? fail(EXDEV) : 0;
}

int
trap_name_inside(const struct trap_call *c, int fd, char out[PATH_MAX])
{
	return name_below(trap_root_of(c), fd, out);
}

int
trap_name_in_tree(const struct trap *t, int fd, char out[PATH_MAX])
{
	return name_below(&t->roots[0], fd, out);
}

int
trap_make_absolute(const struct trap_call *c, struct trap_start *s)
{
	size_t n = 0, path_n = strlen(s->path);
	int fd = -1, named = -1;

	if (s->absolute[0] != '\0')
		return 0;
	if (s->path[0] != '/') {
		fd = trap_open_descriptor(c, s->dir_fd);
		named = fd < 0 ? -1 : trap_name_inside(c, fd, s->absolute);
		if (fd >= 0)
			sys_close(fd);
		if (named < 0)
			return -1;
		n = strlen(s->absolute);
	}
	if (n + 1 + path_n + 1 > PATH_MAX) {
		s->absolute[0] = '\0';
		return fail(ENAMETOOLONG);
	}
	if (n > 0 && path_n > 0)
		s->absolute[n++] = '/';
	memcpy(s->absolute + n, s->path, path_n + 1);
	return 0;
}

/* ------------------------------------------------------------ opening */

/* EXDEV: the path leads out of the directory, or nobody can tell. */
static int
open_beneath(int dir_fd, const char *path, int flags, unsigned resolve)
{
	const struct open_how open = {
		.flags = (uint64_t)(unsigned)(flags | O_PATH | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve
	};
	int fd = -1;

	for (int tries = 0; tries < 1000; tries++) {
		fd = (int)syscall(SYS_openat2, dir_fd, path, &open, sizeof open);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd < 0 && call_is_missing(errno) ? fail(EXDEV) : fd;
}

static int
open_absolute(const struct trap_root *root, const char *path, int flags)
{
	return open_in_root_as(root->fd, path, flags);
}

/* Opens the directory that is the first N bytes of PATH, absolute: a descriptor that is
 * ours until the next path. */
static int
find_dir(const struct trap_call *c, const char *path, size_t n)
{
	const struct trap_root *root = trap_root_of(c);

	if (n <= 1)
		return root->fd;
	return trap_dirs_open(&c->trap->dirs, (uint32_t)(root - c->trap->roots), root->fd,
	                      path, n);
}

int
trap_quick_dir(const struct trap_call *c, const char *path, const char **name)
{
	const char *slash = path[0] == '/' ? strrchr(path, '/') : NULL;

	*name = NULL;
	if (slash == NULL || slash[1] == '\0' || slash - path >= TRAP_DIR_PATH_MAX ||
	    strcmp(slash, "/.") == 0 || strcmp(slash, "/..") == 0)
		return -1;
	*name = slash + 1;
	return find_dir(c, path, (size_t)(slash - path));
}

/* What the file system does not say at once, or what leads elsewhere, is left to others. */
static bool
is_final(int error)
{
	return error != ELOOP && error != EXDEV;
}

static int
open_from_root(const struct trap_call *c, struct trap_start *s, int flags)
{
	const char *name = NULL;
	int fd = trap_quick_dir(c, s->path, &name);

	if (fd >= 0)
		fd = open_beneath(fd, name, flags, RESOLVE_NO_SYMLINKS);
	if (name == NULL || (fd < 0 && !is_final(errno)))
		return open_absolute(trap_root_of(c), s->path, flags);
	s->is_missing = fd < 0 && errno == ENOENT;
	return fd;
}

/* The path of the caller's directory in our /proc; its length. */
static size_t
path_of_dir(const struct trap_call *c, int dir_fd, char out[TRAP_QUICK_MAX])
{
	size_t at = 6;

	memcpy(out, "/proc/", 6);
	digits_of((uint64_t)c->asked->tid, 10, out + at);
	at += strlen(out + at);
	out[at++] = '/';
	proc_fd_name(dir_fd, out + at);
	return at + strlen(out + at);
}

bool
trap_quick_path(const struct trap_call *c, const struct trap_start *s,
                char out[TRAP_QUICK_MAX])
{
	const size_t n = strlen(s->path);
	size_t at = 0;

	if (n > NAME_MAX || memchr(s->path, '/', n) != NULL ||
	    strcmp(s->path, ".") == 0 || strcmp(s->path, "..") == 0 ||
	    (s->dir_fd < 0 && s->dir_fd != AT_FDCWD))
		return false;
	at = path_of_dir(c, s->dir_fd, out);
	if (n == 0)
		return true;
	out[at++] = '/';
	memcpy(out + at, s->path, n + 1);
	return true;
}

bool
trap_has_dir(const struct trap_call *c, int dir_fd)
{
	char path[TRAP_QUICK_MAX];
	struct stat st;

	path_of_dir(c, dir_fd, path);
	return dir_fd == AT_FDCWD ||
	       (dir_fd >= 0 && syscall(SYS_newfstatat, AT_FDCWD, path, &st,
	                               AT_SYMLINK_NOFOLLOW) == 0);
}

/* A link has to be followed below the root. */
static int
open_quickly(const struct trap_call *c, const char *path, int flags)
{
	struct stat st;
	int fd = sys_openat(AT_FDCWD, path, (flags & O_DIRECTORY) | O_PATH | O_NOFOLLOW,
	                    0);

	if (fd >= 0 && (only_looks(c) || notify_is_current(c->asked)) &&
	    ((flags & O_NOFOLLOW) != 0 ||
	     (sys_fstat(fd, &st) == 0 && !S_ISLNK(st.st_mode))))
		return fd;
	if (fd < 0)
		return -1;
	sys_close(fd);
	return fail(EXDEV);
}

/* Most relative paths stay below their directory; nothing has to be joined then. */
static int
open_relative(const struct trap_call *c, struct trap_start *s, int flags)
{
	char quick[TRAP_QUICK_MAX];
	const bool is_name = s->path[0] != '\0' && trap_quick_path(c, s, quick);
	int fd = is_name ? open_quickly(c, quick, flags) : -1, dir_fd = -1, saved = 0;

	if (fd >= 0)
		return fd;
	if (is_name && errno == ENOENT && trap_has_dir(c, s->dir_fd)) {
		s->is_missing = true;
		return fail(ENOENT);
	}
	dir_fd = trap_open_descriptor(c, s->dir_fd);
	if (dir_fd < 0 || s->path[0] == '\0')
		return dir_fd;
	fd = open_beneath(dir_fd, s->path, flags, 0);
	saved = errno;
	sys_close(dir_fd);
	errno = saved;
	if (fd >= 0 || errno != EXDEV)
		return fd;
	if (trap_make_absolute(c, s) < 0)
		return -1;
	return open_absolute(trap_root_of(c), s->absolute, flags);
}

static int
open_once(const struct trap_call *c, struct trap_start *s, int flags)
{
	s->is_missing = false;
	return s->path[0] == '/' ? open_from_root(c, s, flags)
	                         : open_relative(c, s, flags);
}

int
trap_follow_at(const struct trap_call *c, struct trap_start *s, int dir_fd,
               const char *name)
{
	char target[PATH_MAX];
	ssize_t n = sys_readlinkat(dir_fd, name, target, sizeof target - 1);
	char *slash = NULL;
	size_t dir_n = 0;

	if (n <= 0 || trap_make_absolute(c, s) < 0)
		return -1;
	target[n] = '\0';
	if (target[0] != '/') {
		slash = strrchr(s->absolute, '/');
		dir_n = slash == NULL ? 0 : (size_t)(slash - s->absolute) + 1;
		if (dir_n + (size_t)n + 1 > PATH_MAX)
			return fail(ENAMETOOLONG);
	}
	memcpy(s->absolute + dir_n, target, (size_t)n + 1);
	memcpy(s->path, s->absolute, strlen(s->absolute) + 1);
	return 0;
}

/* A link at the end may lead to /proc, which the tree does not have: /etc/mtab. */
static bool
leads_to_proc(const struct trap_call *c, struct trap_start *s)
{
	for (int i = 0; i < LINKS_MAX; i++) {
		const int fd = open_once(c, s, O_NOFOLLOW);
		struct stat st;
		const bool is_link = fd >= 0 && sys_fstat(fd, &st) == 0 &&
		                     S_ISLNK(st.st_mode);
		const bool goes_on = is_link && trap_follow_at(c, s, fd, "") == 0;

		if (fd >= 0)
			sys_close(fd);
		if (!goes_on)
			return false;
		if (trap_is_in_proc(c, s, true))
			return true;
	}
	return false;
}

int
trap_open_place(const struct trap_call *c, struct trap_start *s, bool follows, int flags)
{
	int fd = -1;

	if (trap_is_in_proc(c, s, follows))
		return trap_open_in_proc(c, s->absolute, follows);
	fd = open_once(c, s, flags | (follows ? 0 : O_NOFOLLOW));
	if (fd >= 0 || errno != ENOENT || s->is_missing || !follows ||
	    s->path[0] == '\0' || !trap_has_proc(c))
		return fd;
	return leads_to_proc(c, s) ? trap_open_in_proc(c, s->absolute, follows)
	                           : fail(ENOENT);
}

int
trap_follow(const struct trap_call *c, struct trap_start *s)
{
	int fd = open_once(c, s, O_NOFOLLOW), result = fd < 0 ? -1 : trap_follow_at(c, s, fd, "");

	if (fd >= 0)
		sys_close(fd);
	return result;
}

int
trap_open_parent(const struct trap_call *c, struct trap_start *s, const char **name)
{
	size_t n = strlen(s->path);
	int fd = -1;
	char kept = '\0';

	while (n > 1 && s->path[n - 1] == '/')
		n--;
	while (n > 0 && s->path[n - 1] != '/')
		n--;
	*name = s->path + n;
	if (**name == '\0' || **name == '/')
		return fail(EEXIST);
	if (n == 0)
		return trap_open_descriptor(c, s->dir_fd);
	if (s->path[0] == '/' && n <= TRAP_DIR_PATH_MAX) {
		fd = find_dir(c, s->path, n - 1);
		if (fd >= 0)
			return (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0);
		if (is_final(errno))
			return -1;
	}
	/* The name stays where it is. */
	kept = s->path[n];
	s->path[n] = '\0';
	s->absolute[0] = '\0';
	fd = open_once(c, s, O_DIRECTORY);
	s->path[n] = kept;
	s->absolute[0] = '\0';
	return fd;
}

int
trap_open_guest(const struct trap_call *c, const char *guest)
{
	return open_absolute(trap_root_of(c), guest, 0);
}

int
trap_give_dir(const struct trap_call *c, int fd)
{
	const int dir_fd = sys_openat(fd, ".", O_RDONLY | O_DIRECTORY, 0);
	const int given = dir_fd < 0 ? -1 : notify_give(c->asked, dir_fd, true);
	const int saved = errno;

	if (dir_fd >= 0)
		sys_close(dir_fd);
	errno = saved;
	return given;
}
