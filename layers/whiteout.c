#include "layers/whiteout.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "base/own.h"
#include "base/path.h"
#include "layers/owner_notes.h"

#define PREFIX_LENGTH (sizeof(WHITEOUT_PREFIX) - 1)

/* Whether any component but the last starts like a mark. */
static bool
has_inner_mark(struct text path)
{
	struct text rest = path_dir(path), component;

	while (path_next(&rest, &component))
		if (text_starts(component, WHITEOUT_PREFIX))
			return true;
	return false;
}

enum whiteout_kind
whiteout_parse(struct text path, struct buf *storage, struct text *target)
{
	struct text dir = path_dir(path), base = path_base(path), name;

	if (text_starts(path, ".wh..wh.") && !text_is(path, WHITEOUT_OPAQUE_NAME))
		return WHITEOUT_HOUSEKEEPING;
	if (has_inner_mark(path))
		return WHITEOUT_BAD;
	if (!text_starts(base, WHITEOUT_PREFIX))
		return WHITEOUT_NONE;
	buf_truncate(storage, 0);
	buf_add_text(storage, dir);
	if (text_is(base, WHITEOUT_OPAQUE_NAME)) {
		*target = buf_text(storage);
		return WHITEOUT_OPAQUE;
	}
	if (text_starts(base, ".wh..wh."))
		return WHITEOUT_HOUSEKEEPING;
	name = text_from(base, PREFIX_LENGTH);
	if (name.n == 0 || text_is(name, ".") || text_is(name, ".."))
		return WHITEOUT_BAD;
	if (dir.n > 0)
		buf_add_char(storage, '/');
	buf_add_text(storage, name);
	*target = buf_text(storage);
	return WHITEOUT_PATH;
}

void
whiteout_print(struct text path, struct buf *out)
{
	struct text dir = path_dir(path);

	buf_add_text(out, dir);
	if (dir.n > 0)
		buf_add_char(out, '/');
	buf_add_str(out, WHITEOUT_PREFIX);
	buf_add_text(out, path_base(path));
}

bool
whiteout_is_mark(int dir_fd, const char *name, const struct stat *st)
{
	auto_fd int fd = -1;

	if (S_ISCHR(st->st_mode))
		return st->st_rdev == makedev(0, 0);
	/* Since Linux 6.7. The kernel requires that they are empty and have a single
	 * name. */
	if (!S_ISREG(st->st_mode) || st->st_size != 0)
		return false;
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	return fgetxattr(fd, "user.overlay.whiteout", NULL, 0) >= 0 ||
	       fgetxattr(fd, "trusted.overlay.whiteout", NULL, 0) >= 0;
}

bool
whiteout_is_opaque(int fd)
{
	char value[2];

	/* "x" only says that there may be attribute whiteouts inside. */
	if (fgetxattr(fd, "user.overlay.opaque", value, sizeof value) == 1 &&
	    value[0] == 'y')
		return true;
	return fgetxattr(fd, "trusted.overlay.opaque", value, sizeof value) == 1 &&
	       value[0] == 'y';
}

/* Removes NAME, with all below it; the directory's times stay. */
static int
leave_out(int dir_fd, const char *name, struct text path, struct error *err)
{
	struct timespec times[2];
	struct stat st;

	if (fstat(dir_fd, &st) < 0)
		return error_sys(err, "stat the directory of /%.*s", TEXT_ARG(path));
	if (file_remove_tree(dir_fd, name, err) < 0)
		return -1;
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	if (futimens(dir_fd, times) < 0)
		return error_sys(err, "set the time of the directory of /%.*s",
		                 TEXT_ARG(path));
	return 0;
}

int
whiteout_drop_name(int dir_fd, const char *name, struct text path, struct error *err)
{
	if (strncmp(name, WHITEOUT_PREFIX, strlen(WHITEOUT_PREFIX)) != 0)
		return 0;
	if (leave_out(dir_fd, name, path, err) < 0)
		return -1;
	event_warn(0,
	           "/%.*s: left out of the image: in a layer its name stands for \"%s is "
	           "deleted\"",
	           TEXT_ARG(path), name + strlen(WHITEOUT_PREFIX));
	return 1;
}

bool
whiteout_is_device(uint32_t major_number, uint32_t minor_number)
{
	return major_number == 0 && minor_number == 0;
}

int
whiteout_drop_device(int dir_fd, const char *name, const struct stat *st,
                     struct text path, struct error *err)
{
	struct stat image = *st;

	if (!owner_is_device_at(dir_fd, name, st))
		return 0;
	owner_image_at(dir_fd, name, &image);
	if (!S_ISCHR(image.st_mode) ||
	    !whiteout_is_device(major(image.st_rdev), minor(image.st_rdev)))
		return 0;
	if (leave_out(dir_fd, name, path, err) < 0)
		return -1;
	event_warn(0,
	           "/%.*s: left out of the image: in a layer the device 0:0 stands for "
	           "\"deleted\"",
	           TEXT_ARG(path));
	return 1;
}

/* Makes the other form of a whiteout, which Linux knows since 6.7. */
static int
make_by_attribute(int dir_fd, const char *name)
{
	auto_fd int own_fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_fd int fd = -1;

	if (own_fd < 0)
		return -1;
	if (fsetxattr(own_fd, "user.overlay.opaque", "x", 1, XATTR_CREATE) < 0 &&
	    errno != EEXIST)
		return -1;
	/* Without privilege, only the mode lets us set and read an attribute. */
	fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	            0600);
	return fd < 0 ? -1 : fsetxattr(fd, "user.overlay.whiteout", "y", 1, 0);
}

int
whiteout_make(int dir_fd, const char *name)
{
	if (mknodat(dir_fd, name, S_IFCHR, makedev(0, 0)) == 0)
		return 0;
	/* An overlay refuses overlayfs' own form of a whiteout. */
	return errno == EPERM ? make_by_attribute(dir_fd, name) : -1;
}

int
whiteout_make_opaque(int fd)
{
	return fsetxattr(fd, "user.overlay.opaque", "y", 1, 0);
}

int
whiteout_advise(int sys, struct error *err)
{
	if (sys != EOPNOTSUPP)
		return -1;
	return error_hint(err,
	                  "the store's file system has no user attributes, which mark "
	                  "what is deleted (tmpfs has them since Linux 6.6): put the "
	                  "store elsewhere (--root, COOPER_ROOT)");
}
