#include "base/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/listing.h"
#include "base/mem.h"
#include "base/missing.h"
#include "base/own.h"
#include "base/path.h"

#define PREFIX ".cooper-"
#define SUFFIX ".tmp"

enum {
	NAME_DIGITS = 16,
	NAME_TRIES = 8,
	LIFE_MAX_S = 86400, /* older drafts are dead where files cannot be locked */
};

static void
choose_name(struct draft *d)
{
	char digits[NAME_DIGITS + 1];

	file_random_name(digits, NAME_DIGITS);
	snprintf(d->name, sizeof d->name, PREFIX "%s" SUFFIX, digits);
}

static bool
is_draft(const char *name)
{
	return strlen(name) == DRAFT_NAME_MAX - 1 &&
	       strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
	       strspn(name + strlen(PREFIX), "0123456789abcdef") == NAME_DIGITS &&
	       strcmp(name + strlen(PREFIX) + NAME_DIGITS, SUFFIX) == 0;
}

/* Locks FD. True also if no file can be locked there. */
static bool
lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/* ------------------------------------------------------------ writing */

/* A sweep may have removed the file before it was locked. */
static int
open_named(struct draft *d, mode_t mode)
{
	for (int i = 0; i < NAME_TRIES; i++) {
		auto_fd int fd = -1;
		struct stat sb;

		choose_name(d);
		fd = openat(d->dir_fd, d->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		            mode);
		if (fd < 0 && errno != EEXIST)
			break;
		if (fd >= 0 && lock(fd) && fstat(fd, &sb) == 0 && sb.st_nlink > 0)
			return take_fd(&fd);
	}
	d->name[0] = '\0';
	return -1;
}

int
draft_open(struct draft *d, int dir_fd, mode_t mode)
{
	int fd = -1;

	d->dir_fd = dir_fd;
	d->name[0] = '\0';
	if (!d->needs_name) {
		fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
		if (fd >= 0 ||
		    (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
			return fd;
		d->needs_name = true;
	}
	return open_named(d, mode);
}

/* ------------------------------------------------------------ keeping */

static int
link_as(const struct draft *d, int fd, const char *name)
{
	char path[FILE_FD_PATH_MAX];

	return linkat(AT_FDCWD, file_fd_path(fd, path), d->dir_fd, name,
	              AT_SYMLINK_FOLLOW);
}

static int
give_temporary_name(struct draft *d, int fd)
{
	lock(fd);
	choose_name(d);
	if (link_as(d, fd, d->name) == 0)
		return 0;
	d->name[0] = '\0';
	return -1;
}

/* Where the kernel lacks RENAME_NOREPLACE, link(2) refuses to replace a file. */
static int
rename_to_new(const struct draft *d, const char *name)
{
	if (renameat2(d->dir_fd, d->name, d->dir_fd, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (!call_is_missing(errno))
		return -1;
	if (linkat(d->dir_fd, d->name, d->dir_fd, name, 0) < 0)
		return -1;
	return unlinkat(d->dir_fd, d->name, 0);
}

int
draft_keep(struct draft *d, int fd, const char *name, bool replaces)
{
	if (!replaces && d->name[0] == '\0')
		return link_as(d, fd, name);
	if (d->name[0] == '\0' && give_temporary_name(d, fd) < 0)
		return -1;
	if ((replaces ? renameat(d->dir_fd, d->name, d->dir_fd, name)
	              : rename_to_new(d, name)) < 0)
		return -1;
	d->name[0] = '\0';
	return 0;
}

int
draft_keep_one_of_many(struct draft *d, int fd, const char *name)
{
	struct stat sb;

	/* A directory must not lose its name even for a moment, because we may be killed
	 * then. */
	if (fstatat(d->dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(sb.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	if (d->name[0] == '\0' && give_temporary_name(d, fd) < 0)
		return -1;
	if (renameat2(d->dir_fd, d->name, d->dir_fd, name, RENAME_EXCHANGE) < 0)
		return draft_keep(d, fd, name, true);
	if (unlinkat(d->dir_fd, d->name, 0) == 0 || errno != EISDIR) {
		d->name[0] = '\0';
		return 0;
	}
	if (renameat2(d->dir_fd, d->name, d->dir_fd, name, RENAME_EXCHANGE) == 0)
		errno = EISDIR;
	return -1;
}

void
draft_drop(struct draft *d)
{
	if (d->name[0] != '\0')
		unlinkat(d->dir_fd, d->name, 0);
	d->name[0] = '\0';
}

static int
fill_and_keep(struct draft *d, int dir_fd, const char *name, mode_t mode,
              file_fill_fn *fill, void *arg, struct error *err)
{
	auto_fd int fd = draft_open(d, dir_fd, mode);

	if (fd < 0)
		return error_sys(err, "create %s", name);
	if (fill(arg, fd, err) < 0)
		return error_wrap(err, "%s", name);
	return draft_keep(d, fd, name, true) < 0 ? error_sys(err, "replace %s", name) : 0;
}

int
draft_replace_by(int dir_fd, const char *path, mode_t mode, file_fill_fn *fill, void *arg,
                 struct error *err)
{
	struct text name = path_base(text_of(path));
	auto_free char *dir = mem_copy_n(path, (size_t)(name.p - path));
	auto_fd int fd = file_open_dir(dir_fd, *dir == '\0' ? "." : dir, err);
	struct draft d = DRAFT_INIT;
	int failed = 0;

	if (fd < 0)
		return -1;
	failed = fill_and_keep(&d, fd, name.p, mode, fill, arg, err);
	draft_drop(&d);
	return failed;
}

/* ------------------------------------------------------------ sweeping */

/* FD is a file with the name of a draft. */
static bool
is_dead(int fd, const struct stat *sb)
{
	if (!S_ISREG(sb->st_mode) || sb->st_nlink != 1 || sb->st_uid != geteuid())
		return false;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	return errno != EWOULDBLOCK && sb->st_mtime + LIFE_MAX_S < time(NULL);
}

static void
sweep_one(int dir_fd, const char *name)
{
	int flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	/* Network file systems lock only files that are open for writing. */
	auto_fd int fd = openat(dir_fd, name, O_RDWR | flags);
	struct stat sb, named;

	if (fd < 0 && errno == EACCES)
		fd = openat(dir_fd, name, O_RDONLY | flags);
	if (fd < 0 || fstat(fd, &sb) < 0 || !is_dead(fd, &sb))
		return;
	if (fstatat(dir_fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    named.st_dev == sb.st_dev && named.st_ino == sb.st_ino)
		unlinkat(dir_fd, name, 0);
}

void
draft_sweep(int dir_fd)
{
	auto_listing struct listing list = listing_open(dir_fd, ".");
	const char *name = NULL;

	while ((name = listing_next(&list)) != NULL)
		if (is_draft(name))
			sweep_one(dir_fd, name);
}
