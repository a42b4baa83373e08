/*
 * Answers that only look: the caller sees owners, modes and devices as the image has them.
 */
#include <errno.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "builder/sandbox/inside/devices.h"
#include "builder/sandbox/inside/owner_note.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/proc_place.h"
#include "builder/sandbox/trap/trap_link.h"
#include "builder/sandbox/trap/trap_place.h"
#include "builder/sandbox/trap/trap_proc.h"

/* Opens what C looks at with O_PATH: its descriptor, or -1 with *RESULT. */
static int
open_started(struct trap_call *c, struct trap_start *start, int *result, int64_t *value)
{
	const int fd = trap_open_place(c, start, (c->flags & AT_SYMLINK_NOFOLLOW) == 0, 0);

	*result = TRAP_ERRNO;
	if (fd < 0 && errno == EREMOTE)
		*result = trap_in_proc(c, start->absolute, value);
	return fd;
}

static int
open_seen(struct trap_call *c, int *result, int64_t *value)
{
	struct trap_start start;

	*result = TRAP_ERRNO;
	if (trap_start(c, c->shape->dir, c->shape->path, &start) < 0)
		return -1;
	return open_started(c, &start, result, value);
}

/* ------------------------------------------------------------ stat */

/* More links in a row are for the kernel to judge. */
#define LINKS_MAX 8

/* A device that a file stands for is the machine's when it is opened: so it is here. */
static void
show_device(const struct trap_call *c, struct stat *st)
{
	struct stat ours;

	for (size_t i = 0; S_ISCHR(st->st_mode) && i < device_n_nodes; i++)
		if (st->st_rdev == makedev(device_nodes[i].major, device_nodes[i].minor) &&
		    syscall(SYS_newfstatat, c->trap->devices_fd, device_nodes[i].name,
		            &ours, 0) == 0) {
			st->st_dev = ours.st_dev;
			st->st_ino = ours.st_ino;
		}
}

/* What a look without a descriptor of ours came to. */
enum look {
	LOOK_SEEN,
	LOOK_FAILED,
	LOOK_LINK, /* it is a link that has to be followed */
	LOOK_OPEN, /* the path is not that simple */
};

static enum look
see(const struct trap_call *c, int dir_fd, const char *path, int flags, struct stat *out)
{
	if (syscall(SYS_newfstatat, dir_fd, path, out, flags) < 0)
		return LOOK_FAILED;
	return S_ISLNK(out->st_mode) && (c->flags & AT_SYMLINK_NOFOLLOW) == 0 ? LOOK_LINK
	                                                                    : LOOK_SEEN;
}

/* Of an absolute path: its last name in a directory of ours. A link replaces the path. */
static enum look
see_from_root(struct trap_call *c, struct trap_start *start, char path[TRAP_QUICK_MAX],
              struct stat *out)
{
	const char *name = NULL;
	enum look seen = LOOK_OPEN;
	size_t n = 0;
	int dir_fd = -1;

	if (trap_is_in_proc(c, start, (c->flags & AT_SYMLINK_NOFOLLOW) == 0))
		return LOOK_OPEN;
	dir_fd = trap_quick_dir(c, start->path, &name);
	if (name == NULL || strlen(name) > NAME_MAX)
		return LOOK_OPEN;
	if (dir_fd < 0)
		return errno == ENOENT ? LOOK_FAILED : LOOK_OPEN;
	proc_place_name(dir_fd, path);
	n = strlen(path);
	path[n++] = '/';
	memcpy(path + n, name, strlen(name) + 1);
	seen = see(c, dir_fd, name, AT_SYMLINK_NOFOLLOW, out);
	if (seen == LOOK_LINK && trap_follow_at(c, start, dir_fd, name) < 0)
		return LOOK_OPEN;
	return seen;
}

/* Of a descriptor, or of a name in an open directory. */
static enum look
see_from_dir(struct trap_call *c, struct trap_start *start, char path[TRAP_QUICK_MAX],
             struct stat *out)
{
	const bool is_open = start->path[0] == '\0';
	enum look seen = LOOK_OPEN;

	if (!trap_quick_path(c, start, path) || strcmp(start->path, "proc") == 0)
		return LOOK_OPEN;
	seen = see(c, AT_FDCWD, path, is_open ? 0 : AT_SYMLINK_NOFOLLOW, out);
	if (seen == LOOK_FAILED &&
	    (is_open || errno != ENOENT || !trap_has_dir(c, start->dir_fd)))
		return LOOK_OPEN;
	return seen == LOOK_LINK || (is_open && trap_link_may_be(out)) ? LOOK_OPEN : seen;
}

/* Most calls need no descriptor of ours. PATH: of what was seen, without links that may
 * have come meanwhile, if it is used with AT_SYMLINK_NOFOLLOW. */
static enum look
look(struct trap_call *c, struct trap_start *start, char path[TRAP_QUICK_MAX],
     struct stat *out)
{
	enum look seen = LOOK_LINK;

	if (start->path[0] != '/')
		return see_from_dir(c, start, path, out);
	for (int links = 0; links < LINKS_MAX && seen == LOOK_LINK; links++)
		seen = see_from_root(c, start, path, out);
	return seen == LOOK_LINK ? LOOK_OPEN : seen;
}

/* OUT becomes what the image has. */
static void
show(const struct trap_call *c, const struct trap_start *start, const char *path,
     struct stat *out)
{
	owner_note_of_path(path, start->path[0] == '\0', out);
	show_device(c, out);
}

static int
poke(struct trap_call *c, const void *bytes, size_t n, int64_t *value)
{
	return trap_result(notify_poke(c->asked, trap_arg(c, c->shape->value), bytes, n),
	                   value);
}

int
trap_stat(struct trap_call *c, int64_t *value)
{
	struct trap_start start;
	char path[TRAP_QUICK_MAX];
	int result = TRAP_ERRNO, fd = -1, failed = -1;
	enum look seen = LOOK_OPEN;
	struct stat st;

	if (trap_start(c, c->shape->dir, c->shape->path, &start) < 0)
		return TRAP_ERRNO;
	seen = look(c, &start, path, &st);
	if (seen == LOOK_FAILED)
		return TRAP_ERRNO;
	if (seen == LOOK_SEEN) {
		show(c, &start, path, &st);
		return poke(c, &st, sizeof st, value);
	}
	fd = open_started(c, &start, &result, value);
	if (fd < 0)
		return result;
	failed = sys_fstat(fd, &st);
	if (failed == 0) {
		owner_note_of_fd(fd, &st);
		show_device(c, &st);
	}
	sys_close(fd);
	return failed < 0 ? TRAP_ERRNO : poke(c, &st, sizeof st, value);
}

static int
poke_statx(struct trap_call *c, struct statx *st, const struct stat *basic, int64_t *value)
{
	st->stx_uid = basic->st_uid;
	st->stx_gid = basic->st_gid;
	st->stx_mode = (uint16_t)basic->st_mode;
	st->stx_ino = basic->st_ino;
	st->stx_dev_major = major(basic->st_dev);
	st->stx_dev_minor = minor(basic->st_dev);
	st->stx_rdev_major = major(basic->st_rdev);
	st->stx_rdev_minor = minor(basic->st_rdev);
	st->stx_atime.tv_sec = basic->st_atim.tv_sec;
	st->stx_atime.tv_nsec = (uint32_t)basic->st_atim.tv_nsec;
	return poke(c, st, sizeof *st, value);
}

static int
statx_of(const struct trap_call *c, int fd, const char *path, int flags, struct statx *out)
{
	return (int)syscall(SYS_statx, fd, path, (c->flags & ~AT_SYMLINK_NOFOLLOW) | flags,
	                    (unsigned)c->asked->args[3] | STATX_BASIC_STATS, out);
}

/* Between the two looks, it may have become another file. */
static enum look
statx_quickly(struct trap_call *c, struct trap_start *start, struct statx *out,
              struct stat *basic)
{
	char path[TRAP_QUICK_MAX];
	const enum look seen = look(c, start, path, basic);

	if (seen != LOOK_SEEN)
		return seen;
	if (statx_of(c, AT_FDCWD, path,
	             start->path[0] == '\0' ? 0 : AT_SYMLINK_NOFOLLOW, out) < 0 ||
	    out->stx_ino != basic->st_ino)
		return LOOK_OPEN;
	show(c, start, path, basic);
	return LOOK_SEEN;
}

int
trap_statx(struct trap_call *c, int64_t *value)
{
	struct trap_start start;
	int result = TRAP_ERRNO, fd = -1, failed = -1;
	enum look seen = LOOK_OPEN;
	struct stat basic;
	struct statx st;

	if (trap_start(c, c->shape->dir, c->shape->path, &start) < 0)
		return TRAP_ERRNO;
	seen = statx_quickly(c, &start, &st, &basic);
	if (seen == LOOK_FAILED)
		return TRAP_ERRNO;
	if (seen == LOOK_SEEN)
		return poke_statx(c, &st, &basic, value);
	fd = open_started(c, &start, &result, value);
	if (fd < 0)
		return result;
	failed = sys_fstat(fd, &basic) < 0 || statx_of(c, fd, "", AT_EMPTY_PATH, &st) < 0;
	if (!failed) {
		owner_note_of_fd(fd, &basic);
		show_device(c, &basic);
	}
	sys_close(fd);
	return failed ? TRAP_ERRNO : poke_statx(c, &st, &basic, value);
}

/* ------------------------------------------------------------ other looks */

/* Opens what START is, for access(). -1 with *RESULT. */
static int
open_accessed(struct trap_call *c, struct trap_start *start, struct stat *st, int *result,
              int64_t *value)
{
	const int fd = open_started(c, start, result, value);

	if (fd < 0)
		return -1;
	if (sys_fstat(fd, st) == 0) {
		owner_note_of_fd(fd, st);
		return sys_close(fd);
	}
	sys_close(fd);
	return -1;
}

/* Everybody may read and write; a program needs one bit. */
int
trap_access(struct trap_call *c, int64_t *value)
{
	const unsigned mode = (unsigned)trap_arg(c, c->shape->value);
	const bool executes = (mode & X_OK) != 0;
	struct trap_start start;
	char path[TRAP_QUICK_MAX];
	enum look seen = LOOK_OPEN;
	int result = TRAP_ERRNO;
	struct stat st;

	if ((mode & ~7U) != 0)
		return trap_fail(EINVAL);
	if (trap_start(c, c->shape->dir, c->shape->path, &start) < 0)
		return TRAP_ERRNO;
	seen = look(c, &start, path, &st);
	if (seen == LOOK_FAILED)
		return TRAP_ERRNO;
	if (seen == LOOK_SEEN && executes)
		show(c, &start, path, &st);
	if (seen == LOOK_OPEN && open_accessed(c, &start, &st, &result, value) < 0)
		return result;
	if (executes && !S_ISDIR(st.st_mode) && (st.st_mode & 0111) == 0)
		return trap_fail(EACCES);
	return trap_result(0, value);
}

/* Of an absolute path, without a descriptor: the number of bytes; -1 with errno; -2: it
 * has to be opened. */
static ssize_t
read_link_quickly(struct trap_call *c, struct trap_start *start, char target[PATH_MAX])
{
	const char *name = NULL;
	int dir_fd = -1;

	if (start->path[0] != '/' || trap_is_in_proc(c, start, false))
		return -2;
	dir_fd = trap_quick_dir(c, start->path, &name);
	if (name == NULL || (dir_fd < 0 && errno != ENOENT))
		return -2;
	return dir_fd < 0 ? -1 : sys_readlinkat(dir_fd, name, target, PATH_MAX);
}

int
trap_readlink(struct trap_call *c, int64_t *value)
{
	const uint64_t room = c->asked->args[c->shape->value + 1];
	struct trap_start start;
	int result = TRAP_ERRNO;
	char target[PATH_MAX];
	ssize_t n = -1;
	int fd = -1;

	if ((int)room <= 0)
		return trap_fail(EINVAL);
	if (trap_start(c, c->shape->dir, c->shape->path, &start) < 0)
		return TRAP_ERRNO;
	n = read_link_quickly(c, &start, target);
	if (n == -1)
		return TRAP_ERRNO;
	if (n < 0) {
		fd = open_started(c, &start, &result, value);
		if (fd < 0)
			return result;
		n = sys_readlinkat(fd, "", target, sizeof target);
		sys_close(fd);
		if (n < 0)
			return trap_fail(errno == ENOENT ? EINVAL : errno);
	}
	if ((uint64_t)n > room)
		n = (ssize_t)room;
	if (notify_poke(c->asked, trap_arg(c, c->shape->value), target, (size_t)n) < 0)
		return TRAP_ERRNO;
	return trap_result(n, value);
}

int
trap_statfs(struct trap_call *c, int64_t *value)
{
	int result = TRAP_ERRNO, failed = -1;
	const int fd = open_seen(c, &result, value);
	struct statfs st;

	if (fd < 0)
		return result;
	failed = (int)syscall(SYS_fstatfs, fd, &st);
	sys_close(fd);
	if (failed < 0)
		return TRAP_ERRNO;
	return trap_result(notify_poke(c->asked, trap_arg(c, c->shape->value), &st,
	                               sizeof st),
	                   value);
}

int
trap_getcwd(struct trap_call *c, int64_t *value)
{
	const int fd = trap_open_descriptor(c, AT_FDCWD);
	char path[PATH_MAX];
	struct stat st;
	int failed = fd < 0 ? -1 : trap_name_inside(c, fd, path);
	size_t n = 0;

	if (failed == 0 && (sys_fstat(fd, &st) < 0 || st.st_nlink == 0)) {
		errno = ENOENT;
		failed = -1;
	}
	if (fd >= 0)
		sys_close(fd);
	if (failed < 0)
		return trap_fail(ENOENT);
	n = strlen(path) + 1;
	if (n > c->asked->args[1])
		return trap_fail(ERANGE);
	if (notify_poke(c->asked, c->asked->args[0], path, n) < 0)
		return TRAP_ERRNO;
	return trap_result((int64_t)n, value);
}
