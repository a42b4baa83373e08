#include "builder/sandbox/inside/procfs.h"

#include <errno.h>

#include "builder/sandbox/inside/fs.h"
#include "builder/sandbox/inside/open_in_root.h"
#include "builder/sandbox/inside/sys.h"

static const struct fs_option no_options = { NULL, NULL };

int
procfs_mount(struct mount_ctx *c, int target_fd)
{
	int fd = fs_new(c, "proc", &no_options,
	                MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);

	/* The kernel refuses this where parts of the existing /proc are covered, as in
	 * containers. */
	if (fd < 0)
		fd = fs_copy(c, AT_FDCWD, "/proc", true, false);
	return fd < 0 ? -1 : fs_attach(fd, target_fd);
}

int
procfs_mount_sys(struct mount_ctx *c, int target_fd)
{
	int fd = fs_new(c, "sysfs", &no_options,
	                MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
	                        MOUNT_ATTR_NOEXEC);

	if (fd < 0)
		fd = fs_copy(c, AT_FDCWD, "/sys", true, true);
	if (fd < 0 && errno == ENOENT)
		return 0;
	return fd < 0 ? -1 : fs_attach(fd, target_fd);
}

/* 1 with *FD, 0 if PATH is not there, -1 failed. */
static int
find(const struct mount_ctx *c, const char *path, int *fd, bool *is_dir)
{
	struct stat st;

	*fd = open_in_root(c->root_fd, path);
	if (*fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -1;
	if (sys_fstat(*fd, &st) < 0) {
		sys_close(*fd);
		return -1;
	}
	*is_dir = S_ISDIR(st.st_mode);
	return 1;
}

int
procfs_mask(struct mount_ctx *c, const char *path)
{
	bool is_dir = false;
	int fd = -1, stand_in_fd = -1;
	int found = find(c, path, &fd, &is_dir);

	if (found <= 0)
		return found;
	if (is_dir)
		stand_in_fd = fs_copy(c, c->stage_fd, "none", false, true);
	else
		stand_in_fd = fs_copy(c, AT_FDCWD, "/dev/null", false, true);
	found = stand_in_fd < 0 ? -1 : fs_attach(stand_in_fd, fd);
	sys_close(fd);
	return found;
}

int
procfs_readonly(struct mount_ctx *c, const char *path)
{
	bool is_dir = false;
	int fd = -1, copy_fd = -1;
	int found = find(c, path, &fd, &is_dir);

	if (found <= 0)
		return found;
	copy_fd = fs_copy(c, fd, "", true, true);
	found = copy_fd < 0 ? -1 : fs_attach(copy_fd, fd);
	sys_close(fd);
	return found;
}
