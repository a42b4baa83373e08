#include "builder/sandbox/inside/mount_ops.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "builder/sandbox/inside/devices.h"
#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/fs.h"
#include "builder/sandbox/inside/mount2.h"
#include "builder/sandbox/inside/mount_target.h"
#include "builder/sandbox/inside/open_in_root.h"
#include "builder/sandbox/inside/overlay.h"
#include "builder/sandbox/inside/owner_note.h"
#include "builder/sandbox/inside/procfs.h"
#include "builder/sandbox/inside/sys.h"

/* Attaches the detached mount FD where OP wants it. */
static int
attach(struct mount_ctx *c, const struct recipe_op *op, int fd, bool is_dir)
{
	unsigned attributes = fs_attributes(c->recipe);
	int target_fd = -1, result = -1;

	if (fd < 0)
		return -1;
	target_fd = mount_target_open(c, recipe_text(c->recipe, op->target), is_dir);
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
op_tmpfs(struct mount_ctx *c, const struct recipe_op *op)
{
	char mode[24], uid[24], gid[24], size[24];
	const struct fs_option options[] = {
		{ "mode", digits_of(op->mode, 8, mode) },
		{ "uid", digits_of(op->uid, 10, uid) },
		{ "gid", digits_of(op->gid, 10, gid) },
		{ op->size == 0 ? NULL : "size", digits_of(op->size, 10, size) },
		{ NULL, NULL },
	};

	return attach(c, op, fs_new(c, "tmpfs", options, MOUNT_ATTR_NOSUID), true);
}

/* With a single id, the file's owner is stored as a note. */
static int
give(int fd, const struct recipe *recipe, const struct recipe_op *op)
{
	const struct owner owner = { op->uid, op->gid };

	if (sys_fchown(fd, op->uid, op->gid) == 0)
		return 0;
	if (recipe->single_id == 0)
		return -1;
	owner_note_write_fd(fd, &owner);
	return 0;
}

static int
write_file(int fd, const struct recipe *recipe, const struct recipe_op *op)
{
	const char *bytes = (const char *)recipe + op->content;
	size_t left = op->n_content;

	while (left > 0) {
		ssize_t n = sys_write(fd, bytes, left);

		if (n < 0)
			return -1;
		bytes += n;
		left -= (size_t)n;
	}
	if ((op->uid != 0 || op->gid != 0) && give(fd, recipe, op) < 0)
		return -1;
	return sys_fchmod(fd, op->mode & 07777);
}

/* Its name on the stage is the offset of its content, which is unique. */
static int
op_file(struct mount_ctx *c, const struct recipe_op *op)
{
	char name[24];
	int fd = -1, result = -1;

	digits_of(op->content, 10, name);
	fd = sys_openat(c->stage_fd, name, O_CREAT | O_EXCL | O_WRONLY, 0600);
	if (fd < 0)
		return -1;
	result = write_file(fd, c->recipe, op);
	sys_close(fd);
	if (result < 0)
		return -1;
	return attach(c, op, fs_copy(c, c->stage_fd, name, false, false), false);
}

/* A mount that the builder copied for us, or, if it could not, the current mount at the
 * descriptor that it opened. */
static int
bind_source(struct mount_ctx *c, const struct recipe_op *op)
{
	const int given_fd = c->fds[RECIPE_FD_FIRST + op->fd];
	const char *source = recipe_text(c->recipe, op->source);
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

/* The part of the merge that OP wants, as a separate mount. */
static int
op_overlay(struct mount_ctx *c, const struct recipe_op *op)
{
	const char *source = recipe_text(c->recipe, op->source);
	int merged_fd = -1, point_fd = -1, source_fd = -1;
	struct stat st;
	char name[24];

	if (op->makes_upper != 0 &&
	    (sys_mkdirat(AT_FDCWD, recipe_text(c->recipe, op->upper), 0755) < 0 ||
	     sys_mkdirat(AT_FDCWD, recipe_text(c->recipe, op->work), 0700) < 0))
		return -1;
	merged_fd = overlay_new(c, op->lowers, op->upper, op->work);
	if (merged_fd < 0)
		return recipe_fail(c->recipe, STAGE_OVERLAY, errno, c->why);
	if (source == NULL)
		return attach(c, op, merged_fd, true);
	/* Only an attached mount can be copied. */
	digits_of(op->lowers.at, 10, name);
	if (sys_mkdirat(c->stage_fd, name, 0700) < 0)
		return -1;
	point_fd = sys_openat(c->stage_fd, name, O_PATH, 0);
	if (point_fd < 0 || fs_move(merged_fd, point_fd) < 0)
		return -1;
	source_fd = open_in_root(merged_fd, source);
	if (source_fd < 0 || sys_fstat(source_fd, &st) < 0)
		return recipe_fail(c->recipe, STAGE_SOURCE, errno, source);
	return attach(c, op, fs_copy(c, source_fd, "", false, false),
	              S_ISDIR(st.st_mode));
}

static int
op_on_directory(struct mount_ctx *c, const struct recipe_op *op)
{
	int target_fd = mount_target_open(c, recipe_text(c->recipe, op->target), true),
	    result = -1;

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
op_run(struct mount_ctx *c, const struct recipe_op *op)
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
		return procfs_mask(c, recipe_text(c->recipe, op->target));
	case OP_READONLY:
		return procfs_readonly(c, recipe_text(c->recipe, op->target));
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
	const unsigned attributes = fs_attributes(c->recipe);
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
	const char *tree = recipe_text(c->recipe, c->recipe->root);

	if (tree != NULL)
		return copy_tree(c, tree);
	return overlay_new(c, c->recipe->lowers, c->recipe->upper, c->recipe->work);
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
	c->uses_mount2 = mount2_is_best();
	/* Our mounts must not appear outside. */
	if (sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return recipe_fail(c->recipe, STAGE_PRIVATE, errno, NULL);
	if (make_stage(c) < 0 || make_root(c) < 0)
		return recipe_fail(c->recipe, STAGE_ROOT, errno, c->why);
	for (uint32_t i = 0; i < c->recipe->n_ops; i++) {
		c->why[0] = '\0';
		if (op_run(c, recipe_op(c->recipe, i)) == 0)
			continue;
		recipe_report(c->recipe)->op = i;
		return recipe_fail(c->recipe, STAGE_MOUNT, errno, c->why);
	}
	if (sys_fchdir(c->root_fd) < 0)
		return recipe_fail(c->recipe, STAGE_PIVOT, errno, NULL);
	return 0;
}

int
mount_ops_pivot(struct mount_ctx *c)
{
	if (syscall(SYS_pivot_root, ".", ".") == 0) {
		if (sys_umount(".", MNT_DETACH) < 0 || sys_chdir("/") < 0)
			return recipe_fail(c->recipe, STAGE_PIVOT, errno, "umount");
		return 0;
	}
	/* Container profiles may forbid pivot_root and yet allow this. */
	if (sys_mount(".", "/", NULL, MS_MOVE, NULL) < 0 ||
	    syscall(SYS_chroot, ".") < 0 || sys_chdir("/") < 0)
		return recipe_fail(c->recipe, STAGE_PIVOT, errno, NULL);
	return 0;
}
