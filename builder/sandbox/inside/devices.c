#include "builder/sandbox/inside/devices.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/count.h"
#include "builder/sandbox/inside/descriptors.h"
#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/fs.h"
#include "builder/sandbox/inside/sys.h"

const struct device_node device_nodes[] = {
	{ "null", "/dev/null", 1, 3 },       { "zero", "/dev/zero", 1, 5 },
	{ "full", "/dev/full", 1, 7 },       { "random", "/dev/random", 1, 8 },
	{ "urandom", "/dev/urandom", 1, 9 }, { "tty", "/dev/tty", 5, 0 },
};
const size_t device_n_nodes = sizeof device_nodes / sizeof *device_nodes;

static const struct {
	const char *name, *to;
} links[] = {
	{ "ptmx", "pts/ptmx" },          { "fd", "/proc/self/fd" },
	{ "stdin", "/proc/self/fd/0" },  { "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" }, { "core", "/proc/kcore" },
};

/* A user namespace can only use the machine's node, which the step must not change. 0
 * also if it does not exist. */
static int
bind_node(struct mount_ctx *c, int dev_fd, const struct device_node *node)
{
	int source_fd = fs_copy(c, AT_FDCWD, node->path, false, true);
	int target_fd = -1, result = -1;

	if (source_fd < 0)
		return errno == ENOENT ? 0 : -1;
	target_fd = sys_openat(dev_fd, node->name, O_CREAT | O_RDONLY, 0666);
	if (target_fd < 0) {
		sys_close(source_fd);
		return -1;
	}
	result = fs_attach(source_fd, target_fd);
	sys_close(target_fd);
	return result;
}

/* *ALL_OWN: no node belongs to the machine. */
static int
make_nodes(struct mount_ctx *c, int dev_fd, bool *all_own)
{
	int result = 0;

	*all_own = true;
	for (size_t i = 0; i < device_n_nodes && result == 0; i++) {
		const struct device_node *node = &device_nodes[i];

		if (sys_mknodat(dev_fd, node->name, S_IFCHR | 0666,
		                makedev(node->major, node->minor)) == 0)
			continue;
		*all_own = false;
		result = bind_node(c, dev_fd, node);
	}
	return result;
}

/* Mounts the node over itself, if it belongs to this file system. This mount is not
 * nodev. */
static int
keep_node(struct mount_ctx *c, int dev_fd, const struct device_node *node, dev_t here)
{
	int node_fd = sys_openat(dev_fd, node->name, O_PATH | O_NOFOLLOW, 0);
	int fd = -1, result = 0;
	struct stat st;

	if (node_fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (sys_fstat(node_fd, &st) == 0 && st.st_dev == here && S_ISCHR(st.st_mode) &&
	    st.st_rdev == makedev(node->major, node->minor)) {
		fd = fs_copy(c, node_fd, "", false, false);
		result = fd < 0 ? -1 : fs_attach(fd, node_fd);
		/* The step may delete it meanwhile. */
		if (result < 0 && errno == ENOENT)
			result = 0;
	}
	sys_close(node_fd);
	return result;
}

int
devices_close(struct mount_ctx *c, int dev_fd)
{
	int result = 0;
	struct stat st;

	if (sys_fstat(dev_fd, &st) < 0)
		return -1;
	for (size_t i = 0; i < device_n_nodes && result == 0; i++)
		result = keep_node(c, dev_fd, &device_nodes[i], st.st_dev);
	return result < 0 ? -1 : fs_restrict(dev_fd, false, MOUNT_ATTR_NODEV);
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

/* The kernel may lack message queues. */
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

static int
fill(struct mount_ctx *c, int dev_fd, uint64_t shm_size, bool *all_own)
{
	/* The umask must not change the modes of nodes. */
	syscall(SYS_umask, 0);
	if (make_nodes(c, dev_fd, all_own) < 0 || mount_pts(c, dev_fd) < 0 ||
	    mount_shm(c, dev_fd, shm_size) < 0)
		return -1;
	syscall(SYS_umask, 022);
	mount_mqueue(c, dev_fd);
	for (size_t i = 0; i < COUNT_OF(links); i++)
		if (sys_symlinkat(links[i].to, dev_fd, links[i].name) < 0)
			return -1;
	return 0;
}

/* The gate can only watch a single /dev, and not with mount(2), which would need the
 * stage later. */
static bool
can_be_watched(const struct mount_ctx *c)
{
	return recipe_watches_nodes(c->recipe) && !c->uses_mount2 && c->devices_fd < 0;
}

int
devices_mount(struct mount_ctx *c, int target_fd, uint64_t shm_size)
{
	const struct fs_option options[] = { { "mode", "755" },
		                             { "size", "67108864" },
		                             { NULL, NULL } };
	const bool opens_all = fs_attributes(c->recipe) == 0;
	int fd = fs_new(c, "tmpfs", options, MOUNT_ATTR_NOSUID);
	int dev_fd = fd < 0 ? -1 : (int)syscall(SYS_dup, fd);
	bool all_own = false;

	if (dev_fd < 0 || fs_attach(fd, target_fd) < 0 ||
	    fill(c, dev_fd, shm_size, &all_own) < 0)
		return -1;
	if (!opens_all && all_own && can_be_watched(c)) {
		c->devices_fd = fcntl(dev_fd, F_DUPFD_CLOEXEC, SPAWNER_FD_FIRST);
		sys_close(dev_fd);
		return c->devices_fd < 0 ? -1 : 0;
	}
	if (!opens_all && devices_close(c, dev_fd) < 0)
		return -1;
	return sys_close(dev_fd);
}
