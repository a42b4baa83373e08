#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/lease.h"
#include "layers/store.h"
#include "layers/store_state.h"

/* 1 if made, 0 if another process took it for a dead one and removed it, -1. */
static int
lease_try(struct store *st, int *out, struct error *err)
{
	char digits[17];
	auto_free char *name = NULL;
	auto_fd int fd = -1;
	struct stat sb;
	int64_t ns = store_opened_ns(st);
	struct timespec times[2] = { { ns / 1000000000, ns % 1000000000 } };

	times[1] = times[0];
	file_random_name(digits, 16);
	name = mem_print("tmp/" LEASE_PREFIX "%s", digits);
	fd = openat(store_fd(st), name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		error_sys(err, "create %s", name);
		return store_wrap(st, err);
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 0 : error_sys(err, "lock %s", name);
	if (fstat(fd, &sb) < 0 || futimens(fd, times) < 0)
		return error_sys(err, "mark %s", name);
	if (sb.st_nlink == 0)
		return 0;
	*out = take_fd(&fd);
	return 1;
}

int
store_lease(struct store *st, struct error *err)
{
	int fd = -1, status;

	do
		status = lease_try(st, &fd, err);
	while (status == 0);
	return status < 0 ? -1 : fd;
}

void
store_lease_end(struct store *st, int *fd)
{
	char link[FILE_FD_PATH_MAX], path[PATH_MAX];
	ssize_t n = *fd < 0 ? -1
	                    : readlink(file_fd_path(*fd, link), path, sizeof path - 1);
	const char *slash = NULL;

	if (n > 0) {
		path[n] = '\0';
		slash = strrchr(path, '/');
	}
	if (slash != NULL && lease_is_name(slash + 1)) {
		auto_free char *name = mem_print("tmp%s", slash);

		unlinkat(store_fd(st), name, 0);
	}
	own_close(fd);
}
