#include "layers/owner_notes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/owner.h"
#include "layers/owner_marks.h"

/* ------------------------------------------------------------ the form */

bool
owner_is_noted(void)
{
	return geteuid() != 0;
}

/* Whether our user namespace has one id. */
static bool
has_single_id(void)
{
	auto_buf struct buf map = BUF_INIT;
	auto_error struct error ignored = ERROR_INIT;
	unsigned long inside, outside, n;
	int end = 0;

	return file_read(AT_FDCWD, "/proc/self/uid_map", 65536, &map, &ignored) > 0 &&
	       sscanf(buf_str(&map), "%lu %lu %lu %n", &inside, &outside, &n, &end) ==
	               3 &&
	       n == 1 && (size_t)end == map.n;
}

enum owner_form
owner_form(void)
{
	if (owner_is_noted())
		return OWNER_FORM_NOTES;
	return has_single_id() ? OWNER_FORM_MARKS : OWNER_FORM_REAL;
}

/* ------------------------------------------------------------ reading */

void
owner_image(int fd, struct stat *st)
{
	struct layer_node_mark mark;

	if (owner_is_noted() && st->st_uid == geteuid())
		layer_mark_apply(&mark, fgetxattr(fd, LAYER_OWNER, &mark, sizeof mark),
		                 st);
}

void
owner_image_at(int dir_fd, const char *name, struct stat *st)
{
	char path[FILE_AT_PATH_MAX];
	struct layer_node_mark mark;

	if (!owner_is_noted() || st->st_uid != geteuid())
		return;
	if (!layer_mark_is_attribute(st->st_mode))
		layer_mark_apply_time(st);
	else
		layer_mark_apply(&mark,
		                 lgetxattr(file_at_path(dir_fd, name, path), LAYER_OWNER,
		                           &mark, sizeof mark),
		                 st);
}

static bool
is_device(mode_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode);
}

bool
owner_is_device_at(int dir_fd, const char *name, const struct stat *st)
{
	struct stat image = *st;

	if (is_device(st->st_mode))
		return true;
	if (st->st_size != 0 || st->st_mode != layer_mark_disk_mode(S_IFCHR))
		return false;
	owner_image_at(dir_fd, name, &image);
	return is_device(image.st_mode);
}

/* ------------------------------------------------------------ writing */

int
owner_note(int fd, const struct stat *image, bool is_new)
{
	struct layer_node_mark mark;
	const size_t size = layer_mark_of(image, &mark);

	if (size > 0)
		return fsetxattr(fd, LAYER_OWNER, &mark, size, 0);
	if (is_new || fremovexattr(fd, LAYER_OWNER) == 0 || errno == ENODATA)
		return 0;
	return -1;
}

/* File systems may cut a time that they cannot store. */
static int
note_in_time(int dir_fd, const char *name, const struct stat *image)
{
	struct timespec times[2] = { { 0 }, { .tv_nsec = UTIME_OMIT } };
	struct stat st;

	if (image->st_uid == 0 && image->st_gid == 0)
		return 0;
	if (!layer_mark_time_of(image->st_uid, image->st_gid, &times[0])) {
		errno = EOVERFLOW;
		return -1;
	}
	if (utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	layer_mark_apply_time(&st);
	if (st.st_uid == image->st_uid && st.st_gid == image->st_gid)
		return 0;
	errno = ERANGE;
	return -1;
}

int
owner_note_at(int dir_fd, const char *name, const struct stat *image)
{
	struct layer_node_mark mark;
	char path[FILE_AT_PATH_MAX];
	size_t size = 0;

	if (!layer_mark_is_attribute(image->st_mode))
		return note_in_time(dir_fd, name, image);
	size = layer_mark_of(image, &mark);
	return size == 0 ? 0
	                 : lsetxattr(file_at_path(dir_fd, name, path), LAYER_OWNER, &mark,
	                             size, 0);
}

int
owner_give(int fd, const struct stat *image)
{
	mode_t mode = image->st_mode & 07777;

	if (owner_is_noted()) {
		mode = layer_mark_disk_mode(image->st_mode) & 07777;
		return fchmod(fd, mode) < 0 ? -1 : owner_note(fd, image, false);
	}
	/* EINVAL: there is no such id here. */
	if (fchown(fd, image->st_uid, image->st_gid) < 0 &&
	    (errno != EINVAL || owner_mark(fd, image->st_uid, image->st_gid) < 0))
		return -1;
	return fchmod(fd, mode);
}

int
owner_give_same(int from, int to)
{
	struct stat image;

	if (fstat(from, &image) < 0)
		return -1;
	owner_image(from, &image);
	if (owner_give(to, &image) < 0)
		return -1;
	if (owner_is_noted())
		return 0;
	/* What has no mark belongs to root. */
	if (fremovexattr(to, LAYER_OWNER) < 0 && errno != ENODATA && errno != EOPNOTSUPP)
		return -1;
	return owner_copy_mark(from, to);
}

/* ------------------------------------------------------------ messages */

/* The type of DIR_FD's file system, as /proc/self/mountinfo names it. */
static char *
file_system_of(int dir_fd)
{
	auto_buf struct buf mounts = BUF_INIT;
	auto_error struct error ignored = ERROR_INIT;
	auto_free char *device = NULL;
	struct text rest, line;
	struct statx x;

	if (statx(dir_fd, "", AT_EMPTY_PATH, STATX_TYPE, &x) == 0)
		device = mem_print(" %u:%u ", x.stx_dev_major, x.stx_dev_minor);
	if (device == NULL ||
	    file_read(AT_FDCWD, "/proc/self/mountinfo", 1 << 20, &mounts, &ignored) <= 0)
		return mem_copy("its file system");
	rest = buf_text(&mounts);
	while (text_line(&rest, &line)) {
		auto_free char *one = text_copy(line);
		const char *type = strstr(one, " - ");

		if (type != NULL && strstr(one, device) != NULL)
			return mem_print("its file system (%.*s)",
			                 (int)strcspn(type + 3, " "), type + 3);
	}
	return mem_copy("its file system");
}

int
owner_advise(int sys, int dir_fd, struct error *err)
{
	auto_free char *where = NULL;

	if (sys == EOVERFLOW) {
		err->code = ERR_ENVIRONMENT;
		return error_hint(err,
		                  "without a user namespace, the group of a link or pipe "
		                  "must be less than %d",
		                  LAYER_OWNER_GID_MAX + 1);
	}
	if (sys != ERANGE && sys != EOPNOTSUPP)
		return -1;
	err->code = ERR_ENVIRONMENT;
	where = file_system_of(dir_fd);
	return error_hint(err,
	                  "%s keeps no %s, which have the owners of files here: put the "
	                  "store elsewhere (--root, COOPER_ROOT)",
	                  where,
	                  sys == ERANGE ? "times far in the future" : "user attributes");
}

void
owner_warn_of_times(int dir_fd, const char *path)
{
	auto_free char *where = NULL;
	struct statvfs fs;

	if (!owner_is_noted() || fstatvfs(dir_fd, &fs) < 0 ||
	    (fs.f_flag & (ST_RELATIME | ST_NOATIME)) != 0)
		return;
	where = file_system_of(dir_fd);
	event_warn(0,
	           "store %s: %s is mounted with strictatime, so links and pipes lose "
	           "their owners when they are read; mount it with relatime, or put the "
	           "store elsewhere (--root, COOPER_ROOT)",
	           path, where);
}
