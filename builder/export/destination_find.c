#include "builder/export/destination_find.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/base.h"
#include "base/number.h"
#include "base/path.h"

#define LINKS_MAX 40 /* as the kernel's */

static bool
is_on_proc(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

static bool
is_same_dir(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* /proc/self/fd/N, however it is reached: opening it again would start at the beginning
 * of a file, and fails for sockets. */
static bool
is_own_descriptor(int dir_fd, const char *name, uint64_t *number)
{
	return number_u64(text_of(name), number) && *number <= INT_MAX &&
	       (is_same_dir(dir_fd, "/proc/self/fd") ||
	        is_same_dir(dir_fd, "/proc/thread-self/fd"));
}

/* A descriptor without close-on-exec was inherited; all others are ours. */
static int
take_own(struct destination_place *place, int number)
{
	int flags = fcntl(number, F_GETFD);

	if (flags < 0 || (flags & FD_CLOEXEC) != 0) {
		errno = EBADF;
		return -1;
	}
	place->own_fd = number;
	return 0;
}

/* Goes one component further: 1 if found; 0 if PATH now holds a link's target, relative
 * to PLACE's directory. */
static int
step(struct destination_place *place, struct buf *path)
{
	struct text base = path_base(buf_text(path));
	auto_free char *dir = mem_copy_n(path->p, (size_t)(base.p - path->p));
	char target[PATH_MAX];
	uint64_t number = 0;
	ssize_t n = 0;
	int start = place->dir_fd < 0 ? AT_FDCWD : place->dir_fd;
	auto_fd int fd = openat(start, *dir == '\0' ? "." : dir,
	                        O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (base.n == 0 || text_is(base, ".") || text_is(base, "..")) {
		errno = EISDIR;
		return -1;
	}
	free(place->name);
	place->name = text_copy(base);
	own_close(&place->dir_fd);
	place->dir_fd = take_fd(&fd);
	if (is_own_descriptor(place->dir_fd, place->name, &number))
		return take_own(place, (int)number) < 0 ? -1 : 1;
	n = readlinkat(place->dir_fd, place->name, target, sizeof target);
	/* The text of a link on /proc does not say where it leads. */
	if (n < 0 || is_on_proc(place->dir_fd))
		return n < 0 && errno != EINVAL && errno != ENOENT ? -1 : 1;
	buf_truncate(path, 0);
	buf_add(path, target, (size_t)n);
	return 0;
}

int
destination_find(const char *path, struct destination_place *place)
{
	auto_buf struct buf rest = BUF_INIT;

	buf_add_str(&rest, path);
	for (int i = 0; i < LINKS_MAX; i++) {
		int found = step(place, &rest);

		if (found != 0)
			return found < 0 ? -1 : 0;
	}
	errno = ELOOP;
	return -1;
}

void
destination_place_clear(struct destination_place *place)
{
	own_close(&place->dir_fd);
	free(place->name);
	place->name = NULL;
}
