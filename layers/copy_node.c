#include "layers/copy_node.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "layers/owner.h"
#include "layers/owner_notes.h"
#include "layers/xattrs.h"

/* Most files are smaller: one read and one write suffice. */
#define SMALL (64 * 1024)

static int
copy_bytes(int in, int out, off_t size, const struct cancel *cancel, struct error *err)
{
	char bytes[SMALL];
	ssize_t n = 0;

	if (size == 0)
		return 0;
	if (size > SMALL && ioctl(out, FICLONE, in) == 0)
		return 0;
	if (size > SMALL)
		return file_copy_fd(in, out, cancel, NULL, err);
	while (size > 0 && (n = read(in, bytes, sizeof bytes)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, "read");
		if (file_write_all(out, bytes, (size_t)n, err) < 0)
			return -1;
		size -= n;
	}
	return 0;
}

/* -1 with ERR: DOING something in DIR_FD failed. */
static int
note_failed(const char *doing, int dir_fd, struct error *err)
{
	const int sys = errno;

	error_sys(err, "%s", doing);
	return owner_advise(sys, dir_fd, err);
}

static int
copy_capability(int in, int out, struct error *err)
{
	const struct capability c = capability_of_fd(in);
	const struct text value = { (char *)c.bytes, c.n };

	if (c.n > 0 && (owner_is_noted() ? capability_note(out, value)
	                                 : capability_set(out, value)) < 0)
		return error_sys(err, "set the capability");
	return 0;
}

/* Owner, mode and capability of the file IN, which is ST. Most files have no attributes
 * at all, which one call tells. A change of owner removes mode bits and capabilities, so
 * it comes first. */
static int
copy_owner(int in, const struct stat *st, int out, struct error *err)
{
	if (fchown(out, st->st_uid, st->st_gid) < 0 ||
	    fchmod(out, st->st_mode & 07777) < 0)
		return error_sys(err, "set the owner and mode");
	if (flistxattr(in, NULL, 0) == 0)
		return 0;
	if (owner_copy_mark(in, out) < 0)
		return error_sys(err, "set the owner");
	return copy_capability(in, out, err);
}

/* The same with notes. IS_FILE: it may have a capability. */
static int
copy_notes(int in, const struct stat *st, int out, bool is_file, struct error *err)
{
	struct stat image = *st;

	if (flistxattr(in, NULL, 0) > 0 && is_file && copy_capability(in, out, err) < 0)
		return -1;
	owner_image(in, &image);
	return owner_give(out, &image) < 0
	               ? note_failed("note the owner and mode", out, err)
	               : 0;
}

static int
copy_file(int from_fd, const char *name, const struct stat *st, int to_fd, const char *as,
          const struct cancel *cancel, struct error *err)
{
	auto_fd int in = openat(from_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	auto_fd int out = -1;
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (in < 0)
		return error_sys(err, "open");
	out = openat(to_fd, as, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	             0600);
	if (out < 0)
		return error_sys(err, "make");
	if (copy_bytes(in, out, st->st_size, cancel, err) < 0)
		return -1;
	if ((owner_is_noted() ? copy_notes(in, st, out, true, err)
	                      : copy_owner(in, st, out, err)) < 0)
		return -1;
	return futimens(out, times) < 0 ? error_sys(err, "set the times") : 0;
}

static int
copy_symlink(int from_fd, const char *name, int to_fd, const char *as, struct error *err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from_fd, name, target, sizeof target - 1);

	if (n < 0)
		return error_sys(err, "read the link");
	target[n] = '\0';
	return symlinkat(target, to_fd, as) < 0 ? error_sys(err, "make the link") : 0;
}

/* Copies an entry that is neither a file nor a directory. */
static int
copy_special(int from_fd, const char *name, const struct stat *st, int to_fd,
             const char *as, struct error *err)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	struct stat image = *st;

	if (S_ISLNK(st->st_mode)) {
		if (copy_symlink(from_fd, name, to_fd, as, err) < 0)
			return -1;
	} else if (mknodat(to_fd, as, st->st_mode & ~(mode_t)07777, st->st_rdev) < 0) {
		if (errno == EPERM)
			return 0;
		return error_sys(err, "make the node");
	}
	if ((!owner_is_noted() &&
	     fchownat(to_fd, as, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0) ||
	    (!S_ISLNK(st->st_mode) && fchmodat(to_fd, as, st->st_mode & 07777, 0) < 0) ||
	    (!owner_is_noted() && owner_copy_special(from_fd, name, to_fd, as) < 0) ||
	    utimensat(to_fd, as, times, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, "set the owner, mode and times");
	if (owner_is_noted())
		owner_image_at(from_fd, name, &image);
	if (owner_is_noted() && owner_note_at(to_fd, as, &image) < 0)
		return note_failed("note the owner", to_fd, err);
	return 1;
}

int
copy_node(int from_fd, const char *name, const struct stat *st, int to_fd, const char *as,
          const char *path, const struct cancel *cancel, struct error *err)
{
	int copied = 0;

	if (S_ISSOCK(st->st_mode))
		return 0;
	if (S_ISREG(st->st_mode))
		copied = copy_file(from_fd, name, st, to_fd, as, cancel, err) < 0 ? -1
		                                                                  : 1;
	else
		copied = copy_special(from_fd, name, st, to_fd, as, err);
	return copied < 0 ? error_wrap(err, "copy %s", path) : copied;
}

int
copy_dir_metadata(int from_fd, const struct stat *st, int to_fd, const char *path,
                  struct error *err)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (owner_is_noted()) {
		if (copy_notes(from_fd, st, to_fd, false, err) < 0)
			return error_wrap(err, "%s", path);
		return futimens(to_fd, times) < 0
		               ? error_sys(err, "set the times of %s", path)
		               : 0;
	}
	if (fchown(to_fd, st->st_uid, st->st_gid) < 0 ||
	    owner_copy_mark(from_fd, to_fd) < 0 ||
	    fchmod(to_fd, st->st_mode & 07777) < 0 || futimens(to_fd, times) < 0)
		return error_sys(err, "set the owner, mode and times of %s", path);
	return 0;
}
