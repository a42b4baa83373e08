#include "base/inroot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/missing.h"
#include "base/own.h"
#include "base/path.h"
#include "base/text.h"

#define LINKS_MAX 40 /* as the kernel's MAXSYMLINKS */

/* A rename or mount anywhere on the machine makes a ".." in flight fail with
 * EAGAIN; the next attempt nearly always gets through. */
#define ATTEMPTS_MAX 128

static int
openat2_retry(int dir_fd, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	bool creates = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.mode = creates ? mode & 07777 : 0, /* anything else is EINVAL */
		.resolve = resolve,
	};
	int fd = -1;

	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		fd = (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd;
}

/* State of a walk without openat2. HERE is the directory at the path REACHED: a path
 * below the root without links, "." or "..". */
struct walk {
	int root_fd, here;
	struct buf reached, rest;
	int links_left;
};

static void
walk_clear(struct walk *w)
{
	own_close(&w->here);
	buf_clear(&w->reached);
	buf_clear(&w->rest);
}

static int
open_dir_here(int dir_fd, const char *name)
{
	return openat(dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Into the child NAME of the directory reached. */
static int
walk_down(struct walk *w, const char *name)
{
	int next = open_dir_here(w->here, name);

	if (next < 0)
		return -1;
	own_close(&w->here);
	w->here = next;
	return 0;
}

/* If another process moves a directory out of the root, its ".." would lead
 * outside. So the walk reaches the parent from the root again. */
static int
walk_up(struct walk *w)
{
	auto_buf struct buf again = BUF_INIT;
	struct text rest, part;

	buf_truncate(&w->reached, path_dir(buf_text(&w->reached)).n);
	buf_add_text(&again, buf_text(&w->reached));
	own_close(&w->here);
	w->here = open_dir_here(w->root_fd, ".");
	rest = buf_text(&again);
	while (w->here >= 0 && path_next(&rest, &part)) {
		auto_free char *name = text_copy(part);

		if (walk_down(w, name) < 0)
			return -1;
	}
	return w->here < 0 ? -1 : 0;
}

/* Puts the target of a link before the rest of the path. */
static int
walk_link(struct walk *w, struct text target)
{
	auto_buf struct buf rest = BUF_INIT;

	if (w->links_left-- == 0) {
		errno = ELOOP;
		return -1;
	}
	buf_add_text(&rest, target);
	buf_add_text(&rest, buf_text(&w->rest));
	if (rest.n >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	buf_truncate(&w->rest, 0);
	buf_add_text(&w->rest, buf_text(&rest));
	if (target.p[0] != '/')
		return 0;
	buf_truncate(&w->reached, 0);
	own_close(&w->here);
	w->here = open_dir_here(w->root_fd, ".");
	return w->here < 0 ? -1 : 0;
}

/* Takes the next component off the rest. */
static char *
walk_next(struct walk *w)
{
	auto_buf struct buf left = BUF_INIT;
	struct text rest = buf_text(&w->rest), part;
	char *name;

	if (!path_next(&rest, &part))
		return NULL;
	name = text_copy(part);
	buf_add_text(&left, rest);
	buf_truncate(&w->rest, 0);
	buf_add_text(&w->rest, buf_text(&left));
	return name;
}

static int
open_by_hand(int root_fd, const char *path, int flags, mode_t mode, bool links)
{
	__attribute__((cleanup(walk_clear))) struct walk w = { .root_fd = root_fd,
		                                               .here = -1,
		                                               .links_left = LINKS_MAX };

	if (*path == '\0') {
		errno = ENOENT;
		return -1;
	}
	w.here = open_dir_here(root_fd, ".");
	if (w.here < 0)
		return -1;
	buf_add_str(&w.rest, path);
	for (;;) {
		auto_free char *name = walk_next(&w);
		bool last = w.rest.n == 0;
		char target[PATH_MAX];
		ssize_t n;

		if (name == NULL)
			return openat(w.here, ".", flags | O_CLOEXEC, mode);
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			if (walk_up(&w) < 0)
				return -1;
			continue;
		}
		n = readlinkat(w.here, name, target, sizeof target);
		if (n <= 0 || (last && (flags & O_NOFOLLOW) != 0) ||
		    (last && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))) {
			if (last)
				return openat(w.here, name,
				              flags | O_NOFOLLOW | O_CLOEXEC, mode);
			if (walk_down(&w, name) < 0)
				return -1;
			buf_print(&w.reached, "%s%s", w.reached.n > 0 ? "/" : "", name);
		} else if (!links) {
			errno = ELOOP;
			return -1;
		} else if (walk_link(&w, (struct text){ target, (size_t)n }) < 0) {
			return -1;
		}
	}
}

int
inroot_open(int root_fd, const char *path, int flags, mode_t mode)
{
	int fd = openat2_retry(root_fd, path, flags, mode,
	                       RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);

	if (fd < 0 && call_is_missing(errno))
		fd = open_by_hand(root_fd, path, flags, mode, true);
	return fd;
}

int
inroot_open_nolinks(int root_fd, const char *path, int flags, mode_t mode)
{
	int fd = openat2_retry(root_fd, path, flags, mode,
	                       RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);

	if (fd < 0 && call_is_missing(errno))
		fd = open_by_hand(root_fd, path, flags, mode, false);
	return fd;
}

int
inroot_parent(int root_fd, const char *path, const char **name)
{
	struct text dir = path_dir(text_of(path)), base = path_base(text_of(path));
	auto_free char *above = dir.n == 0 ? text_copy(TEXT(".")) : text_copy(dir);
	int fd;

	if (base.n == 0 || text_is(base, ".") || text_is(base, "..")) {
		errno = EINVAL;
		return -1;
	}
	fd = inroot_open_nolinks(root_fd, above, O_PATH | O_DIRECTORY, 0);
	if (fd >= 0)
		*name = base.p;
	return fd;
}
