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

/* "cwd", or "fd/N". */
static const char *
name_of_dir(int dir_fd, char out[32])
{
	if (dir_fd == AT_FDCWD)
		return memcpy(out, "cwd", 4);
	memcpy(out, "fd/", 4);
	digits_of((uint64_t)(unsigned)dir_fd, 10, out + 3);
	return out;
}

int
trap_open_descriptor(const struct trap_call *c, int fd)
{
	char name[32];
	int held = -1;

	if (fd < 0 && fd != AT_FDCWD)
		return fail(EBADF);
	held = notify_open_proc(c->asked, name_of_dir(fd, name), O_PATH);
	if (held < 0)
		return errno == ENOENT ? fail(EBADF) : -1;
	return trap_link_real(c, held);
}

void
trap_start_at(int dir_fd, const char *path, struct trap_start *out)
{
	out->dir_fd = dir_fd;
	out->absolute[0] = '\0';
	memcpy(out->path, path, strlen(path) + 1);
}

int
trap_start(const struct trap_call *c, int8_t dir, int8_t path, struct trap_start *out)
{
	const uint64_t at = trap_arg(c, path);

	out->dir_fd = dir < 0 ? AT_FDCWD : (int)trap_arg(c, dir);
	out->path[0] = out->absolute[0] = '\0';
	if (path < 0 || (at == 0 && (c->flags & AT_EMPTY_PATH) != 0))
		return 0;
	errno = 0;
	if (!notify_peek_text(c->asked, at, out->path, sizeof out->path))
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

/* Fills the absolute path: that of the directory, and the path below it. */
static int
make_absolute(const struct trap_call *c, struct trap_start *s)
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

/* The rest of PATH after slashes and single dots. */
static const char *
skip_slashes(const char *path)
{
	for (;;) {
		while (*path == '/')
			path++;
		if (path[0] != '.' || path[1] != '/')
			return path;
		path++;
	}
}

static bool
begins(const char *path, const char *name)
{
	const size_t n = strlen(name);

	return strncmp(path, name, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* In the root that has a /proc. Of /dev, these are links to it, if they are followed. */
static bool
is_proc_path(const char *absolute, bool follows)
{
	static const char *const links[] = { "fd", "stdin", "stdout", "stderr" };
	const char *p = skip_slashes(absolute);

	if (begins(p, "proc"))
		return true;
	if (!begins(p, "dev"))
		return false;
	p = skip_slashes(p + 3);
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (begins(p, links[i]))
			return follows || p[strlen(links[i])] == '/';
	return false;
}

static bool
has_proc(const struct trap_call *c)
{
	return trap_root_of(c) == &c->trap->roots[0];
}

/* Only these can: others stay below the directory where they start. */
static bool
may_be_in_proc(const char *path)
{
	if (path[0] == '/')
		return is_proc_path(path, true) || strstr(path, "/../") != NULL;
	return strncmp(path, "proc", 4) == 0 || strncmp(path, "../", 3) == 0 ||
	       strstr(path, "/../") != NULL || strncmp(path, "./", 2) == 0 ||
	       strncmp(path, "fd", 2) == 0 || strncmp(path, "dev/", 4) == 0 ||
	       strncmp(path, "std", 3) == 0;
}

/* Removes "." and ".." of an absolute path, which has no links where that matters. */
static void
simplify(char *path)
{
	size_t n = 0;

	for (const char *p = path; *p != '\0';) {
		size_t part = 0;

		while (*p == '/')
			p++;
		part = strcspn(p, "/");
		if (part == 2 && p[0] == '.' && p[1] == '.') {
			while (n > 0 && path[--n] != '/')
				continue;
		} else if (part > 0 && !(part == 1 && p[0] == '.')) {
			path[n++] = '/';
			memmove(path + n, p, part);
			n += part;
		}
		p += part;
	}
	if (n == 0)
		path[n++] = '/';
	path[n] = '\0';
}

/* Then a link at the end is followed, whatever the flags say. */
static bool
names_directory(const char *path)
{
	const size_t n = strlen(path);

	return n > 0 && (path[n - 1] == '/' ||
	                 (n > 1 && path[n - 1] == '.' && path[n - 2] == '/'));
}

bool
trap_is_in_proc(const struct trap_call *c, struct trap_start *s, bool follows)
{
	const bool is_directory = names_directory(s->path);
	char simple[PATH_MAX];

	if (s->path[0] == '\0' || !may_be_in_proc(s->path) || !has_proc(c) ||
	    make_absolute(c, s) < 0)
		return false;
	memcpy(simple, s->absolute, strlen(s->absolute) + 1);
	simplify(simple);
	if (!is_proc_path(simple, follows || is_directory))
		return false;
	if (is_directory && strlen(simple) + 1 < PATH_MAX)
		memcpy(simple + strlen(simple), "/", 2);
	memcpy(s->absolute, simple, strlen(simple) + 1);
	return true;
}

/* ------------------------------------------------------------ opening */

/* EXDEV: the path leads out of the directory, or nobody can tell. */
static int
open_beneath(int dir_fd, const char *path, int flags)
{
	const struct open_how open = {
		.flags = (uint64_t)(unsigned)(flags | O_PATH | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS
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

bool
trap_quick_path(const struct trap_call *c, const struct trap_start *s,
                char out[TRAP_QUICK_MAX])
{
	const size_t n = strlen(s->path);
	size_t at = 6;

	if (n > NAME_MAX || memchr(s->path, '/', n) != NULL ||
	    strcmp(s->path, ".") == 0 || strcmp(s->path, "..") == 0 ||
	    (s->dir_fd < 0 && s->dir_fd != AT_FDCWD))
		return false;
	memcpy(out, "/proc/", 6);
	digits_of((uint64_t)c->asked->tid, 10, out + at);
	at += strlen(out + at);
	out[at++] = '/';
	name_of_dir(s->dir_fd, out + at);
	at += strlen(out + at);
	if (n == 0)
		return true;
	out[at++] = '/';
	memcpy(out + at, s->path, n + 1);
	return true;
}

/* A link has to be followed below the root. */
static int
open_quickly(const struct trap_call *c, const char *path, int flags)
{
	struct stat st;
	int fd = sys_openat(AT_FDCWD, path, (flags & O_DIRECTORY) | O_PATH | O_NOFOLLOW,
	                    0);

	if (fd >= 0 && notify_is_current(c->asked) &&
	    ((flags & O_NOFOLLOW) != 0 ||
	     (sys_fstat(fd, &st) == 0 && !S_ISLNK(st.st_mode))))
		return fd;
	if (fd >= 0)
		sys_close(fd);
	return -1;
}

/* Most relative paths stay below their directory; nothing has to be joined then. */
static int
open_relative(const struct trap_call *c, struct trap_start *s, int flags)
{
	char quick[TRAP_QUICK_MAX];
	int fd = s->path[0] != '\0' && trap_quick_path(c, s, quick)
	                 ? open_quickly(c, quick, flags)
	                 : -1;
	const int dir_fd = fd >= 0 ? -1 : trap_open_descriptor(c, s->dir_fd);
	int saved = 0;

	if (fd >= 0)
		return fd;
	if (dir_fd < 0 || s->path[0] == '\0')
		return dir_fd;
	fd = open_beneath(dir_fd, s->path, flags);
	saved = errno;
	sys_close(dir_fd);
	errno = saved;
	if (fd >= 0 || errno != EXDEV)
		return fd;
	if (make_absolute(c, s) < 0)
		return -1;
	return open_absolute(trap_root_of(c), s->absolute, flags);
}

static int
open_once(const struct trap_call *c, struct trap_start *s, int flags)
{
	if (s->path[0] != '/')
		return open_relative(c, s, flags);
	return open_absolute(trap_root_of(c), s->path, flags);
}

/* Replaces the path of S by the target of the link FD, which it names: 0; -1 if that is
 * impossible. */
static int
follow(const struct trap_call *c, struct trap_start *s, int fd)
{
	char target[PATH_MAX];
	ssize_t n = sys_readlinkat(fd, "", target, sizeof target - 1);
	char *slash = NULL;
	size_t dir_n = 0;

	if (n <= 0 || make_absolute(c, s) < 0)
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
		const bool goes_on = is_link && follow(c, s, fd) == 0;

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

	if (fd >= 0 || errno != ENOENT || !follows || s->path[0] == '\0' || !has_proc(c))
		return fd;
	return leads_to_proc(c, s) ? trap_open_in_proc(c, s->absolute, follows)
	                           : fail(ENOENT);
}

int
trap_follow(const struct trap_call *c, struct trap_start *s)
{
	int fd = open_once(c, s, O_NOFOLLOW), result = fd < 0 ? -1 : follow(c, s, fd);

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
