#include "layers/same_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/own.h"

#define SPACE ((size_t)16 * 1024)

/* The machine's policy labels every file. */
#define LABEL "security.selinux"

static bool
has_no_attributes(int fd)
{
	char names[sizeof LABEL + 1];
	ssize_t n = flistxattr(fd, names, sizeof names);

	if (n < 0)
		return errno == ENOTSUP || errno == ENOSYS;
	return n == 0 || (n == sizeof LABEL && memcmp(names, LABEL, sizeof LABEL) == 0);
}

static bool
may_stay(const struct stat *st, const struct same_file_wanted *wanted)
{
	return S_ISREG(st->st_mode) && st->st_nlink == 1 && st->st_size >= 0 &&
	       (uint64_t)st->st_size == wanted->size && st->st_uid == wanted->uid &&
	       st->st_gid == wanted->gid;
}

bool
same_file_open(struct same_file *f, int dir_fd, const char *name,
               const struct same_file_wanted *wanted)
{
	auto_fd int fd = -1;
	struct stat st;

	/* Before it is opened: opening a device can have effects. */
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !may_stay(&st, wanted))
		return false;
	fd = openat(dir_fd, name,
	            O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_NOATIME |
	                    O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !may_stay(&st, wanted) ||
	    !has_no_attributes(fd))
		return false;
	*f = (struct same_file){ .fd = take_fd(&fd), .st = st };
	return true;
}

bool
same_file_next(struct same_file *f, const void *bytes, size_t n)
{
	const char *wanted = bytes;
	char space[SPACE];

	while (n > 0) {
		ssize_t got = read(f->fd, space, n < SPACE ? n : SPACE);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || memcmp(space, wanted, (size_t)got) != 0)
			return false;
		f->at += (uint64_t)got;
		wanted += got;
		n -= (size_t)got;
	}
	return true;
}

void
same_file_close(struct same_file *f)
{
	own_close(&f->fd);
}
