#include "builder/sandbox/mount_ops.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "base/missing.h"
#include "builder/sandbox/classic.h"
#include "builder/sandbox/devices.h"
#include "builder/sandbox/overlay.h"
#include "builder/sandbox/owner_note.h"
#include "builder/sandbox/procfs.h"
#include "builder/sandbox/open_in_root.h"
#include "builder/sandbox/sys.h"
#include "builder/sandbox/target.h"

/* ------------------------------------------------------------ pieces */

char *
fs_number(uint64_t v, unsigned base, char out[24])
{
	char digits[24];
	size_t n = 0, i = 0;

	do
		digits[n++] = (char)('0' + v % base);
	while ((v /= base) > 0);
	while (n > 0)
		out[i++] = digits[--n];
	out[i] = '\0';
	return out;
}

int
fs_new(struct mount_ctx *c, const char *type, const struct fs_option *options,
       unsigned attributes)
{
	const struct fs_option *first = options;
	int fs_fd = -1, fd = -1, saved = 0;
	bool fine = false;

	if (c->is_classic)
		return classic_new(c, type, options, attributes);
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
		return classic_new(c, type, first, attributes);
	errno = saved;
	return fd;
}

int
fs_restrict(int fd, bool recursive, unsigned attributes)
{
	const unsigned depth = recursive ? AT_RECURSIVE : 0;

	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH | depth, attributes) == 0)
		return 0;
	return call_is_missing(errno) ? classic_restrict(fd, recursive, attributes) : -1;
}

int
fs_copy(struct mount_ctx *c, int dir_fd, const char *path, bool recursive, bool readonly)
{
	const unsigned depth = recursive ? AT_RECURSIVE : 0;
	int fd = -1, saved = 0;

	if (c != NULL && c->is_classic)
		fd = classic_copy(c, dir_fd, path, recursive);
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
fs_attributes(const struct plan *plan)
{
	return plan->opens_devices != 0 ? 0 : MOUNT_ATTR_NODEV;
}

int
fs_move(int fd, int target_fd)
{
	if (sys_move_mount(fd, target_fd) == 0)
		return 0;
	return call_is_missing(errno) ? classic_move(fd, target_fd) : -1;
}

int
fs_attach(int fd, int target_fd)
{
	int result = fs_move(fd, target_fd), saved = errno;

	sys_close(fd);
	errno = saved;
	return result;
}

/* ------------------------------------------------------------ operations */

/* Attaches the detached mount FD where OP wants it. */
static int
attach(struct mount_ctx *c, const struct plan_op *op, int fd, bool is_dir)
{
	unsigned attributes = fs_attributes(c->plan);
	int target_fd = -1, result = -1;

	if (fd < 0)
		return -1;
	target_fd = target_open(c, plan_text(c->plan, op->target), is_dir);
	if (target_fd < 0) {
		int saved = errno;

		sys_close(fd);
		errno = saved;
		return -1;
	}
	if (op->readonly != 0)
		attributes |= MOUNT_ATTR_RDONLY;
	if (attributes != 0)
		result = fs_restrict(fd, true, attributes);
	if (attributes == 0 || result == 0)
		result = fs_attach(fd, target_fd);
	else
		sys_close(fd);
	sys_close(target_fd);
	return result;
}

static int
op_tmpfs(struct mount_ctx *c, const struct plan_op *op)
{
	char mode[24], uid[24], gid[24], size[24];
	const struct fs_option options[] = {
		{ "mode", fs_number(op->mode, 8, mode) },
		{ "uid", fs_number(op->uid, 10, uid) },
		{ "gid", fs_number(op->gid, 10, gid) },
		{ op->size == 0 ? NULL : "size", fs_number(op->size, 10, size) },
		{ NULL, NULL },
	};

	return attach(c, op, fs_new(c, "tmpfs", options, MOUNT_ATTR_NOSUID), true);
}

/* The only id stands for all of them: whose the file should be is noted then. */
static int
give(int fd, const struct plan *plan, const struct plan_op *op)
{
	const struct owner owner = { op->uid, op->gid };

	if (sys_fchown(fd, op->uid, op->gid) == 0)
		return 0;
	if (plan->single_id == 0)
		return -1;
	owner_note_write_fd(fd, &owner);
	return 0;
}

static int
write_file(int fd, const struct plan *plan, const struct plan_op *op)
{
	const char *bytes = (const char *)plan + op->content;
	size_t left = op->n_content;

	while (left > 0) {
		ssize_t n = sys_write(fd, bytes, left);

		if (n < 0)
			return -1;
		bytes += n;
		left -= (size_t)n;
	}
	if ((op->uid != 0 || op->gid != 0) && give(fd, plan, op) < 0)
		return -1;
	return sys_fchmod(fd, op->mode & 07777);
}

/* Its name on the stage is that of its content's place, which is its own. */
static int
op_file(struct mount_ctx *c, const struct plan_op *op)
{
	char name[24];
	int fd = -1, result = -1;

	fs_number(op->content, 10, name);
	fd = sys_openat(c->stage_fd, name, O_CREAT | O_EXCL | O_WRONLY, 0600);
	if (fd < 0)
		return -1;
	result = write_file(fd, c->plan, op);
	sys_close(fd);
	if (result < 0)
		return -1;
	return attach(c, op, fs_copy(c, c->stage_fd, name, false, false), false);
}

/* A mount that the builder copied for us; or, where it could not, what is now at the
 * place that it has opened. */
static int
bind_source(struct mount_ctx *c, const struct plan_op *op)
{
	const int given_fd = c->fds[PLAN_FD_FIRST + op->fd];
	const char *source = plan_text(c->plan, op->source);
	struct stat given, found;
	int fd = -1, copy_fd = -1;

	if (source == NULL)
		return given_fd;
	fd = sys_openat(AT_FDCWD, source, O_PATH | O_NOFOLLOW, 0);
	if (fd < 0 || sys_fstat(fd, &found) < 0 || sys_fstat(given_fd, &given) < 0)
		return -1;
	errno = ESTALE;
	if (found.st_dev == given.st_dev && found.st_ino == given.st_ino)
		copy_fd = fs_copy(c, fd, "", true, false);
	sys_close(fd);
	return copy_fd;
}

/* What OP wants of the merge, as a mount of its own. */
static int
op_overlay(struct mount_ctx *c, const struct plan_op *op)
{
	const char *source = plan_text(c->plan, op->source);
	int merged_fd = -1, point_fd = -1, source_fd = -1;
	struct stat st;
	char name[24];

	if (op->makes_upper != 0 &&
	    (sys_mkdirat(AT_FDCWD, plan_text(c->plan, op->upper), 0755) < 0 ||
	     sys_mkdirat(AT_FDCWD, plan_text(c->plan, op->work), 0700) < 0))
		return -1;
	merged_fd = overlay_new(c, op->lowers, op->upper, op->work);
	if (merged_fd < 0)
		return plan_fail(c->plan, STAGE_OVERLAY, errno, c->why);
	if (source == NULL)
		return attach(c, op, merged_fd, true);
	/* Only what is attached can be copied from. */
	fs_number(op->lowers.at, 10, name);
	if (sys_mkdirat(c->stage_fd, name, 0700) < 0)
		return -1;
	point_fd = sys_openat(c->stage_fd, name, O_PATH, 0);
	if (point_fd < 0 || fs_move(merged_fd, point_fd) < 0)
		return -1;
	source_fd = open_in_root(merged_fd, source);
	if (source_fd < 0 || sys_fstat(source_fd, &st) < 0)
		return plan_fail(c->plan, STAGE_SOURCE, errno, source);
	return attach(c, op, fs_copy(c, source_fd, "", false, false),
	              S_ISDIR(st.st_mode));
}

static int
op_on_directory(struct mount_ctx *c, const struct plan_op *op)
{
	int target_fd = target_open(c, plan_text(c->plan, op->target), true), result = -1;

	if (target_fd < 0)
		return -1;
	if (op->kind == OP_PROC)
		result = procfs_mount(c, target_fd);
	else if (op->kind == OP_SYS)
		result = procfs_mount_sys(c, target_fd);
	else
		result = devices_mount(c, target_fd, op->size);
	sys_close(target_fd);
	return result;
}

static int
op_run(struct mount_ctx *c, const struct plan_op *op)
{
	switch (op->kind) {
	case OP_TMPFS:
		return op_tmpfs(c, op);
	case OP_PROC:
	case OP_SYS:
	case OP_DEV:
		return op_on_directory(c, op);
	case OP_BIND:
		return attach(c, op, bind_source(c, op), op->is_dir != 0);
	case OP_FILE:
		return op_file(c, op);
	case OP_OVERLAY:
		return op_overlay(c, op);
	case OP_MASK:
		return procfs_mask(c, plan_text(c->plan, op->target));
	case OP_READONLY:
		return procfs_readonly(c, plan_text(c->plan, op->target));
	default:
		errno = ENOSYS;
		return -1;
	}
}

/* ------------------------------------------------------------ all */

static int
make_stage(struct mount_ctx *c)
{
	if (sys_mount("tmpfs", SCRATCH_STAGE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=700") <
	    0)
		return -1;
	c->stage_fd = sys_openat(AT_FDCWD, SCRATCH_STAGE, O_PATH | O_DIRECTORY, 0);
	return c->stage_fd < 0 ? -1 : sys_mkdirat(c->stage_fd, "none", 0755);
}

static int
copy_tree(struct mount_ctx *c, const char *path)
{
	const unsigned attributes = fs_attributes(c->plan);
	int fd = fs_copy(c, AT_FDCWD, path, false, false), saved = 0;

	if (fd < 0 || attributes == 0 || fs_restrict(fd, false, attributes) == 0)
		return fd;
	saved = errno;
	sys_close(fd);
	errno = saved;
	return -1;
}

static int
open_root(struct mount_ctx *c)
{
	const char *tree = plan_text(c->plan, c->plan->root);

	if (tree != NULL)
		return copy_tree(c, tree);
	return overlay_new(c, c->plan->lowers, c->plan->upper, c->plan->work);
}

static int
make_root(struct mount_ctx *c)
{
	int target_fd = sys_openat(AT_FDCWD, SCRATCH_ROOT, O_PATH | O_DIRECTORY, 0);
	struct stat st;

	if (target_fd < 0)
		return -1;
	c->root_fd = open_root(c);
	if (c->root_fd < 0 || fs_move(c->root_fd, target_fd) < 0)
		return -1;
	sys_close(target_fd);
	if (sys_fstat(c->root_fd, &st) < 0)
		return -1;
	c->root_dev = st.st_dev;
	return 0;
}

int
mount_ops_run(struct mount_ctx *c)
{
	c->is_classic = classic_is_best();
	/* What we mount must not appear outside. */
	if (sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return plan_fail(c->plan, STAGE_PRIVATE, errno, NULL);
	if (make_stage(c) < 0 || make_root(c) < 0)
		return plan_fail(c->plan, STAGE_ROOT, errno, c->why);
	for (uint32_t i = 0; i < c->plan->n_ops; i++) {
		c->why[0] = '\0';
		if (op_run(c, plan_op(c->plan, i)) == 0)
			continue;
		plan_report(c->plan)->op = i;
		return plan_fail(c->plan, STAGE_MOUNT, errno, c->why);
	}
	if (sys_fchdir(c->root_fd) < 0)
		return plan_fail(c->plan, STAGE_PIVOT, errno, NULL);
	return 0;
}

int
mount_ops_pivot(struct mount_ctx *c)
{
	if (syscall(SYS_pivot_root, ".", ".") == 0) {
		if (sys_umount(".", MNT_DETACH) < 0 || sys_chdir("/") < 0)
			return plan_fail(c->plan, STAGE_PIVOT, errno, "umount");
		return 0;
	}
	/* Container profiles may forbid it and yet allow this. */
	if (sys_mount(".", "/", NULL, MS_MOVE, NULL) < 0 ||
	    syscall(SYS_chroot, ".") < 0 || sys_chdir("/") < 0)
		return plan_fail(c->plan, STAGE_PIVOT, errno, NULL);
	return 0;
}
