/*
 * Answers that make, remove and rename entries.
 */
#include <errno.h>
#include <linux/fs.h>
#include <string.h>

#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/proc_place.h"
#include "builder/sandbox/trap/trap_new.h"
#include "builder/sandbox/trap/trap_place.h"
#include "builder/sandbox/trap/trap_proc.h"

/* The parent of the path that is argument PATH, below argument DIR. */
static int
open_parent(struct trap_call *c, int8_t dir, int8_t path, struct trap_start *start,
            const char **name)
{
	if (trap_start(c, dir, path, start) < 0)
		return -1;
	if (trap_is_in_proc(c, start, false)) {
		errno = EROFS;
		return -1;
	}
	return trap_open_parent(c, start, name);
}

/* ------------------------------------------------------------ making */

int
trap_mkdir(struct trap_call *c, int64_t *value)
{
	struct trap_start start;
	struct trap_new new;
	const char *name = NULL;
	const int parent_fd = open_parent(c, c->shape->dir, c->shape->path, &start,
	                                  &name);
	const mode_t mode = (mode_t)trap_arg(c, c->shape->value) & 01777;
	int64_t result = -1;

	if (parent_fd < 0)
		return TRAP_ERRNO;
	trap_new(c, parent_fd, S_IFDIR | mode, &new);
	result = sys_mkdirat(parent_fd, name, new.disk);
	if (result == 0)
		result = trap_new_note_at(&new, parent_fd, name);
	return trap_close_result(parent_fd, result, value);
}

/* A file stands for a device. */
static int
make_device(int parent_fd, const char *name, struct trap_new *new, unsigned dev)
{
	int fd = sys_openat(parent_fd, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY,
	                    new->disk);
	int result = -1;

	if (fd < 0)
		return -1;
	new->image.st_rdev = dev;
	result = trap_new_note(new, fd);
	sys_close(fd);
	return result;
}

int
trap_mknod(struct trap_call *c, int64_t *value)
{
	const mode_t asked = (mode_t)trap_arg(c, c->shape->value);
	const unsigned dev = (unsigned)trap_arg(c, (int8_t)(c->shape->value + 1));
	const mode_t type = (asked & S_IFMT) == 0 ? S_IFREG : asked & S_IFMT;
	const bool is_device = type == S_IFCHR || type == S_IFBLK;
	struct trap_start start;
	struct trap_new new;
	const char *name = NULL;
	int parent_fd = -1;
	int64_t result = -1;

	if (type != S_IFREG && type != S_IFIFO && type != S_IFSOCK && !is_device)
		return trap_fail(EINVAL);
	if (is_device && trap_who(c)->uid[ROLE_EFFECTIVE] != 0)
		return trap_fail(EPERM);
	parent_fd = open_parent(c, c->shape->dir, c->shape->path, &start, &name);
	if (parent_fd < 0)
		return TRAP_ERRNO;
	trap_new(c, parent_fd, type | (asked & 07777), &new);
	if (is_device)
		result = make_device(parent_fd, name, &new, dev);
	else
		result = sys_mknodat(parent_fd, name, type | new.disk, 0);
	if (result == 0 && !is_device)
		result = trap_new_note_at(&new, parent_fd, name);
	return trap_close_result(parent_fd, result, value);
}

int
trap_symlink(struct trap_call *c, int64_t *value)
{
	struct trap_start start;
	struct trap_new new;
	const char *name = NULL;
	char target[PATH_MAX];
	int parent_fd = -1;
	int64_t result = -1;

	if (!notify_peek_text(c->asked, trap_arg(c, c->shape->value), target,
	                      sizeof target))
		return trap_fail(EFAULT);
	parent_fd = open_parent(c, c->shape->dir, c->shape->path, &start, &name);
	if (parent_fd < 0)
		return TRAP_ERRNO;
	trap_new(c, parent_fd, S_IFLNK | 0777, &new);
	result = sys_symlinkat(target, parent_fd, name);
	if (result == 0)
		result = trap_new_note_at(&new, parent_fd, name);
	return trap_close_result(parent_fd, result, value);
}

/* ------------------------------------------------------------ removing */

int
trap_unlink(struct trap_call *c, int64_t *value)
{
	struct trap_dirs *dirs = &c->trap->dirs;
	struct trap_start start;
	const char *name = NULL;
	const int parent_fd = open_parent(c, c->shape->dir, c->shape->path, &start,
	                                  &name);

	if (parent_fd < 0)
		return errno != EEXIST                     ? TRAP_ERRNO
		       : (c->flags & AT_REMOVEDIR) != 0 ? trap_fail(EBUSY)
		                                        : trap_fail(EISDIR);
	if (trap_dirs_may_use(dirs, parent_fd, name))
		trap_dirs_forget(dirs);
	return trap_close_result(parent_fd,
	                      syscall(SYS_unlinkat, parent_fd, name,
	                              c->flags & AT_REMOVEDIR),
	                      value);
}

/* ------------------------------------------------------------ two names */

/* Arguments: at[0] … of rename(from, to) or renameat(dir, from, dir, to). */
static void
find_names(const struct trap_call *c, int8_t at[4])
{
	const bool has_dirs = c->shape->dir >= 0;

	at[0] = has_dirs ? 0 : -1;
	at[1] = has_dirs ? 1 : 0;
	at[2] = has_dirs ? 2 : -1;
	at[3] = has_dirs ? 3 : 1;
}

int
trap_rename(struct trap_call *c, int64_t *value)
{
	struct trap_start from, to;
	const char *from_name = NULL, *to_name = NULL;
	struct trap_dirs *dirs = &c->trap->dirs;
	int8_t at[4];
	int from_fd = -1, to_fd = -1;
	int64_t result = -1;

	/* A whiteout is a device of the file system below. */
	if ((c->flags & RENAME_WHITEOUT) != 0)
		return trap_fail(EINVAL);
	find_names(c, at);
	from_fd = open_parent(c, at[0], at[1], &from, &from_name);
	if (from_fd < 0)
		return errno == EEXIST ? trap_fail(EBUSY) : TRAP_ERRNO;
	to_fd = open_parent(c, at[2], at[3], &to, &to_name);
	if (to_fd >= 0) {
		if (trap_dirs_may_use(dirs, from_fd, from_name) ||
		    trap_dirs_may_use(dirs, to_fd, to_name))
			trap_dirs_forget(dirs);
		result = syscall(SYS_renameat2, from_fd, from_name, to_fd, to_name,
		                 (unsigned)c->flags);
		trap_close_result(to_fd, 0, value);
	}
	return trap_close_result(from_fd, result, value);
}

/* What is linked: a path, or with AT_EMPTY_PATH or by /proc a descriptor of the
 * caller. */
static int
open_linked(struct trap_call *c, const int8_t at[4])
{
	const bool follows = (c->flags & AT_SYMLINK_FOLLOW) != 0;
	struct trap_start start;
	int fd = -1;

	if (trap_start(c, at[0], at[1], &start) < 0)
		return -1;
	if (start.path[0] == '\0')
		return trap_open_descriptor(c, start.dir_fd);
	fd = trap_open_place(c, &start, follows, 0);
	if (fd < 0 && errno == EREMOTE)
		errno = EXDEV;
	return fd;
}

int
trap_link(struct trap_call *c, int64_t *value)
{
	struct trap_start to;
	const char *name = NULL;
	char link[PROC_PLACE_NAME];
	int8_t at[4];
	int fd = -1, to_fd = -1;
	int64_t result = -1;

	find_names(c, at);
	fd = open_linked(c, at);
	if (fd < 0)
		return TRAP_ERRNO;
	to_fd = open_parent(c, at[2], at[3], &to, &name);
	if (to_fd >= 0) {
		result = syscall(SYS_linkat, AT_FDCWD, proc_place_name(fd, link), to_fd,
		                 name, AT_SYMLINK_FOLLOW);
		trap_close_result(to_fd, 0, value);
	}
	return trap_close_result(fd, result, value);
}
