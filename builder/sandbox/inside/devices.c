#include "builder/sandbox/inside/devices.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/count.h"
#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/fs.h"
#include "builder/sandbox/inside/sys.h"

#define STAGE_NODES "nodes"

static const struct {
	const char *name, *path;
	unsigned minor;
	unsigned major;
} nodes[] = {
	{ "null", "/dev/null", 3, 1 },       { "zero", "/dev/zero", 5, 1 },
	{ "full", "/dev/full", 7, 1 },       { "random", "/dev/random", 8, 1 },
	{ "urandom", "/dev/urandom", 9, 1 }, { "tty", "/dev/tty", 0, 5 },
};

static const struct {
	const char *name, *to;
} links[] = {
	{ "ptmx", "pts/ptmx" },          { "fd", "/proc/self/fd" },
	{ "stdin", "/proc/self/fd/0" },  { "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" }, { "core", "/proc/kcore" },
};

/* Where nodes of the step's own are made that open their devices: it sees no more of
 * this file system than the nodes, and cannot make others in it. -1 with errno. */
static int
mount_nodes(struct mount_ctx *c)
{
	const struct fs_option options[] = { { "mode", "700" },
		                             { "size", "65536" },
		                             { NULL, NULL } };
	int fd = fs_new(c, "tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	int point_fd = -1, result = -1;

	if (fd < 0)
		return -1;
	if (sys_mkdirat(c->stage_fd, STAGE_NODES, 0700) == 0)
		point_fd = sys_openat(c->stage_fd, STAGE_NODES, O_PATH, 0);
	if (point_fd < 0) {
		sys_close(fd);
		return -1;
	}
	result = fs_attach(fd, point_fd);
	sys_close(point_fd);
	/* What is open stays below the mount. */
	return result < 0 ? -1
	                  : sys_openat(c->stage_fd, STAGE_NODES, O_PATH | O_DIRECTORY, 0);
}

/* The mount FD of a node on a new file. */
static int
attach_node(int dev_fd, const char *name, int source_fd)
{
	int target_fd = -1, result = -1;

	if (source_fd < 0)
		return -1;
	target_fd = sys_openat(dev_fd, name, O_CREAT | O_RDONLY, 0666);
	if (target_fd < 0) {
		sys_close(source_fd);
		return -1;
	}
	result = fs_attach(source_fd, target_fd);
	sys_close(target_fd);
	return result;
}

/* A user namespace can only use the machine's node, which the step must not change. 0
 * also if it does not exist. */
static int
bind_node(struct mount_ctx *c, int dev_fd, const char *name, const char *path)
{
	int source_fd = fs_copy(c, AT_FDCWD, path, false, true);

	if (source_fd < 0 && errno == ENOENT)
		return 0;
	return attach_node(dev_fd, name, source_fd);
}

/* In /dev itself if programs may open all that they make; else it opens nothing, and
 * each node is a mount. */
static int
make_nodes(struct mount_ctx *c, int dev_fd)
{
	const bool opens_all = fs_attributes(c->recipe) == 0;
	int nodes_fd = opens_all ? dev_fd : mount_nodes(c), result = 0;

	for (size_t i = 0; i < COUNT_OF(nodes) && result == 0; i++) {
		const char *name = nodes[i].name;
		const dev_t dev = makedev(nodes[i].major, nodes[i].minor);

		if (nodes_fd < 0 || sys_mknodat(nodes_fd, name, S_IFCHR | 0666, dev) < 0)
			result = bind_node(c, dev_fd, name, nodes[i].path);
		else if (!opens_all)
			result = attach_node(dev_fd, name,
			                     fs_copy(c, nodes_fd, name, false, false));
	}
	if (nodes_fd >= 0 && !opens_all)
		sys_close(nodes_fd);
	return result;
}

/* Mounts FD, if there is one, on a new directory. */
static int
mount_in(int dev_fd, const char *name, int fd)
{
	int target_fd = -1, result = -1;

	if (fd < 0 || sys_mkdirat(dev_fd, name, 0755) < 0)
		return -1;
	target_fd = sys_openat(dev_fd, name, O_PATH, 0);
	if (target_fd < 0)
		return -1;
	result = fs_attach(fd, target_fd);
	sys_close(target_fd);
	return result;
}

static int
mount_pts(struct mount_ctx *c, int dev_fd)
{
	const unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	const struct fs_option options[] = {
		{ "ptmxmode", "0666" }, { "mode", "0620" }, { "gid", "5" }, { NULL, NULL }
	};
	const struct fs_option without_group[] = { options[0], options[1], options[3] };
	int fd = fs_new(c, "devpts", options, attributes);

	if (fd < 0)
		fd = fs_new(c, "devpts", without_group, attributes);
	return mount_in(dev_fd, "pts", fd);
}

static int
mount_shm(struct mount_ctx *c, int dev_fd, uint64_t size)
{
	char number[24];
	const struct fs_option options[] = { { "mode", "1777" },
		                             { "size", digits_of(size, 10, number) },
		                             { NULL, NULL } };

	return mount_in(dev_fd, "shm",
	                fs_new(c, "tmpfs", options,
	                       MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
}

/* A kernel may lack message queues. */
static void
mount_mqueue(struct mount_ctx *c, int dev_fd)
{
	const struct fs_option none = { NULL, NULL };
	int fd = fs_new(c, "mqueue", &none,
	                MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);

	if (fd >= 0)
		mount_in(dev_fd, "mqueue", fd);
	c->why[0] = '\0';
}

int
devices_mount(struct mount_ctx *c, int target_fd, uint64_t shm_size)
{
	const struct fs_option options[] = { { "mode", "755" },
		                             { "size", "67108864" },
		                             { NULL, NULL } };
	int fd = fs_new(c, "tmpfs", options,
	                MOUNT_ATTR_NOSUID | fs_attributes(c->recipe));
	int dev_fd = fd < 0 ? -1 : (int)syscall(SYS_dup, fd);

	if (dev_fd < 0 || fs_attach(fd, target_fd) < 0)
		return -1;
	/* Modes of nodes are as given. */
	syscall(SYS_umask, 0);
	if (make_nodes(c, dev_fd) < 0 || mount_pts(c, dev_fd) < 0 ||
	    mount_shm(c, dev_fd, shm_size) < 0)
		return -1;
	syscall(SYS_umask, 022);
	mount_mqueue(c, dev_fd);
	for (size_t i = 0; i < COUNT_OF(links); i++)
		if (sys_symlinkat(links[i].to, dev_fd, links[i].name) < 0)
			return -1;
	return sys_close(dev_fd);
}
