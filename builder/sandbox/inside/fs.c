#include "builder/sandbox/inside/fs.h"

#include <errno.h>

#include "base/missing.h"
#include "builder/sandbox/inside/mount2.h"
#include "builder/sandbox/inside/sys.h"

int
fs_new(struct mount_ctx *c, const char *type, const struct fs_option *options,
       unsigned attributes)
{
	const struct fs_option *first = options;
	int fs_fd = -1, fd = -1, saved = 0;
	bool fine = false;

	if (c->uses_mount2)
		return mount2_new(c, type, options, attributes);
	fs_fd = sys_fsopen(type);
	fine = fs_fd >= 0;
	for (; fine && options->key != NULL; options++)
		fine = sys_fsconfig(fs_fd,
		                    options->value == NULL ? FSCONFIG_SET_FLAG
		                                           : FSCONFIG_SET_STRING,
		                    options->key, options->value) == 0;
	fine = fine && sys_fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL) == 0;
	if (fine)
		fd = sys_fsmount(fs_fd, attributes);
	saved = errno;
	if (fd < 0 && fs_fd >= 0) {
		ssize_t n = sys_read(fs_fd, c->why, sizeof c->why - 1);

		c->why[n > 0 ? n : 0] = '\0';
	}
	if (fs_fd >= 0)
		sys_close(fs_fd);
	if (fd < 0 && call_is_missing(saved))
		return mount2_new(c, type, first, attributes);
	errno = saved;
	return fd;
}

int
fs_restrict(int fd, bool recursive, unsigned attributes)
{
	const unsigned depth = recursive ? AT_RECURSIVE : 0;

	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH | depth, attributes) == 0)
		return 0;
	return call_is_missing(errno) ? mount2_restrict(fd, recursive, attributes) : -1;
}

int
fs_copy(struct mount_ctx *c, int dir_fd, const char *path, bool recursive, bool readonly)
{
	const unsigned depth = recursive ? AT_RECURSIVE : 0;
	int fd = -1, saved = 0;

	if (c != NULL && c->uses_mount2)
		fd = mount2_copy(c, dir_fd, path, recursive);
	else
		fd = sys_open_tree(dir_fd, path, OPEN_TREE_CLONE | AT_EMPTY_PATH | depth);
	if (fd < 0 || !readonly || fs_restrict(fd, recursive, MOUNT_ATTR_RDONLY) == 0)
		return fd;
	saved = errno;
	sys_close(fd);
	errno = saved;
	return -1;
}

unsigned
fs_attributes(const struct recipe *recipe)
{
	return recipe->opens_devices != 0 ? 0 : MOUNT_ATTR_NODEV;
}

int
fs_move(int fd, int target_fd)
{
	if (sys_move_mount(fd, target_fd) == 0)
		return 0;
	return call_is_missing(errno) ? mount2_move(fd, target_fd) : -1;
}

int
fs_attach(int fd, int target_fd)
{
	int result = fs_move(fd, target_fd), saved = errno;

	sys_close(fd);
	errno = saved;
	return result;
}
