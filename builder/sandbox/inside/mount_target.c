#include "builder/sandbox/inside/mount_target.h"

#include <errno.h>
#include <string.h>

#include "builder/sandbox/inside/fs.h"
#include "builder/sandbox/inside/open_in_root.h"
#include "builder/sandbox/inside/sys.h"

/* Notes that NAME was made in PARENT_FD; BEFORE is the stat of that directory before. */
static int
note(const struct mount_ctx *c, int parent_fd, const char *parent, const char *name,
     bool is_dir, const struct stat *before)
{
	struct recipe_report *report = recipe_report(c->recipe);
	const size_t room = RECIPE_STUBS_MAX - report->stubs_size;
	const size_t n = strlen(parent), name_n = strlen(name);
	struct recipe_stub *stub = (void *)(report->stubs + report->stubs_size);
	size_t size = sizeof *stub + 1 + n + 1 + name_n + 1;
	char *path = stub->path;
	struct stat after;

	if (sys_fstat(parent_fd, &after) < 0)
		return -1;
	size = (size + 7) & ~(size_t)7;
	if (size > room) {
		errno = ENOSPC;
		return -1;
	}
	*stub = (struct recipe_stub){ .size = (uint32_t)size,
		                      .is_dir = is_dir,
		                      .before_s = before->st_mtim.tv_sec,
		                      .before_ns = before->st_mtim.tv_nsec,
		                      .after_s = after.st_mtim.tv_sec,
		                      .after_ns = after.st_mtim.tv_nsec };
	*path++ = '/';
	memcpy(path, parent, n);
	if (n > 0)
		path[n] = '/';
	memcpy(path + n + (n > 0), name, name_n + 1);
	report->stubs_size += (uint32_t)size;
	return 0;
}

/* Entries in another mount (a cache, a tmpfs) are not part of the layer. */
static int
make_target(void *arg, int parent_fd, const char *parent, const char *name, bool is_dir)
{
	const struct mount_ctx *c = arg;
	struct stat before;
	int made = -1;

	if (sys_fstat(parent_fd, &before) < 0)
		return -1;
	made = is_dir ? sys_mkdirat(parent_fd, name, 0755)
	              : sys_mknodat(parent_fd, name, S_IFREG | 0644, 0);
	if (made < 0 || before.st_dev != c->root_dev)
		return made;
	return note(c, parent_fd, parent, name, is_dir, &before);
}

/* Mounting a file on a directory, or the other way round, gives ENOTDIR only. */
static int
check_kind(int fd, bool is_dir)
{
	struct stat st;

	if (sys_fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) == is_dir)
		return fd;
	sys_close(fd);
	errno = is_dir ? ENOTDIR : EISDIR;
	return -1;
}

int
mount_target_open(struct mount_ctx *c, const char *path, bool is_dir)
{
	int fd = open_in_root_making(c->root_fd, path, is_dir, make_target, c);

	return fd < 0 ? -1 : check_kind(fd, is_dir);
}
