/*
 * Notes about files where nothing is allowed but what every user may.
 */
#include "builder/sandbox/inside/owner_note.h"

#include <errno.h>
#include <string.h>

#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/sys.h"
#include "layers/owner_marks.h"

#define PROC_FD "/proc/self/fd/"

/* Calls that take no O_PATH descriptor get a path, which leads to the very file. */
struct fd_path {
	char text[sizeof PROC_FD + DIGITS_MAX];
};

static const char *
path_of(int fd, struct fd_path *out)
{
	memcpy(out->text, PROC_FD, sizeof PROC_FD);
	digits_of((unsigned)fd, 10, out->text + sizeof PROC_FD - 1);
	return out->text;
}

/* ------------------------------------------------------------ reading */

/* True if FD has a note. */
static bool
read_note(int fd, struct stat *st)
{
	struct layer_node_mark mark;
	struct fd_path path;
	const time_t before = st->st_atim.tv_sec;
	long size = 0;

	if (!layer_mark_is_attribute(st->st_mode)) {
		layer_mark_apply_time(st);
		return before >= LAYER_OWNER_TIME;
	}
	size = syscall(SYS_getxattr, path_of(fd, &path), LAYER_OWNER, &mark, sizeof mark);
	layer_mark_apply(&mark, size, st);
	return size > 0;
}

void
owner_note_of_path(const char *path, bool follows, struct stat *st)
{
	struct layer_node_mark mark;

	if (layer_mark_is_attribute(st->st_mode))
		layer_mark_apply(&mark,
		                 syscall(follows ? SYS_getxattr : SYS_lgetxattr, path,
		                         LAYER_OWNER, &mark, sizeof mark),
		                 st);
	else
		layer_mark_apply_time(st);
}

void
owner_note_of_fd(int fd, struct stat *st)
{
	read_note(fd, st);
}

/* ------------------------------------------------------------ writing */

/* File systems may cut a time that they cannot store. */
static int
write_time(int fd, const struct timespec *access)
{
	const struct timespec times[2] = { *access, { .tv_nsec = UTIME_OMIT } };
	struct stat st;

	if (syscall(SYS_utimensat, fd, "", times, AT_EMPTY_PATH) < 0 ||
	    sys_fstat(fd, &st) < 0)
		return -1;
	if (st.st_atim.tv_sec == access->tv_sec && st.st_atim.tv_nsec == access->tv_nsec)
		return 0;
	errno = ERANGE;
	return -1;
}

static int
note_in_time(int fd, const struct stat *image, bool is_noted)
{
	const bool is_roots = image->st_uid == 0 && image->st_gid == 0;
	struct timespec access = image->st_mtim;

	if (is_roots && !is_noted)
		return 0;
	if (!is_roots && !layer_mark_time_of(image->st_uid, image->st_gid, &access)) {
		errno = EOVERFLOW;
		return -1;
	}
	return write_time(fd, &access);
}

/* IS_NOTED: FD has a note, which must go if none is needed. */
static int
write_note(int fd, const struct stat *image, bool is_noted)
{
	struct layer_node_mark mark;
	struct fd_path path;
	size_t size = 0;

	if (!layer_mark_is_attribute(image->st_mode))
		return note_in_time(fd, image, is_noted);
	size = layer_mark_of(image, &mark);
	if (size > 0)
		return (int)syscall(SYS_setxattr, path_of(fd, &path), LAYER_OWNER, &mark,
		                    size, 0);
	return is_noted ? (int)syscall(SYS_removexattr, path_of(fd, &path), LAYER_OWNER)
	                : 0;
}

int
owner_note_new_fd(int fd, const struct stat *image)
{
	return write_note(fd, image, false);
}

int
owner_note_set_fd(int fd, const struct stat *st, const struct owner *owner)
{
	struct stat image = *st;
	struct fd_path path;
	const bool is_noted = read_note(fd, &image);

	image.st_uid = owner->uid;
	image.st_gid = owner->gid;
	if (S_ISREG(image.st_mode)) {
		image.st_mode &= ~(mode_t)((image.st_mode & S_IXGRP) != 0 ? 06000
		                                                          : S_ISUID);
		syscall(SYS_removexattr, path_of(fd, &path), LAYER_CAPABILITY);
	}
	return write_note(fd, &image, is_noted);
}

int
owner_note_set_mode_fd(int fd, const struct stat *st, mode_t mode)
{
	struct stat image = *st;
	struct fd_path path;
	const bool is_noted = read_note(fd, &image);

	image.st_mode = (image.st_mode & S_IFMT) | (mode & 07777);
	if (write_note(fd, &image, is_noted) < 0)
		return -1;
	return (int)syscall(SYS_fchmodat, AT_FDCWD, path_of(fd, &path),
	                    layer_mark_disk_mode(image.st_mode) & 07777);
}
