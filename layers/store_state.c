#include "layers/store_state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/store.h"

void
store_set_cancel(struct store *st, const struct cancel *c)
{
	st->cancel = c;
}

const struct cancel *
store_cancel(const struct store *st)
{
	return st->cancel;
}

void
store_leave(struct store *st)
{
	if (st != NULL)
		scratch_leave(st->scratch);
}

int
store_fd(const struct store *st)
{
	return st->fd;
}

const char *
store_path(const struct store *st)
{
	return st->path;
}

const char *
store_dir_name(const struct store *st)
{
	return st->dir_name;
}

struct layer_table *
store_layers(struct store *st)
{
	return st->layers;
}

struct scratch *
store_scratch(struct store *st)
{
	return st->scratch;
}

int64_t
store_opened_ns(const struct store *st)
{
	return st->opened_ns;
}

char *
store_tmp_dir(struct store *st, int *fd, struct error *err)
{
	char name[SCRATCH_NAME_MAX];
	int own = scratch_fd(st->scratch, err);

	if (own < 0) {
		store_wrap(st, err);
		return NULL;
	}
	scratch_name(st->scratch, 'd', name);
	if (mkdirat(own, name, 0700) < 0) {
		error_sys(err, "create a directory in %s", scratch_dir(st->scratch));
		store_wrap(st, err);
		return NULL;
	}
	if (fd != NULL) {
		int opened = file_open_dir(own, name, err);

		if (opened < 0)
			return NULL;
		*fd = opened;
	}
	return mem_print("%s/%s/%s", st->path, scratch_dir(st->scratch), name);
}

void
store_trash(struct store *st, const char *dir)
{
	scratch_trash(st->scratch, AT_FDCWD, dir);
}

int
store_lock(struct store *st, bool exclusive, struct error *err)
{
	auto_fd int fd = openat(st->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 && (errno == EROFS || errno == EACCES))
		fd = openat(st->fd, "lock", O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		error_sys(err, "open its lock");
		return store_wrap(st, err);
	}
	while (flock(fd, exclusive ? LOCK_EX : LOCK_SH) < 0)
		if (errno != EINTR) {
			error_sys(err, "lock");
			return store_wrap(st, err);
		}
	return take_fd(&fd);
}

int
store_use(struct store *st, const char *name, struct stat *info)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_fd int lock = -1;
	struct stat sb;

	if (fstatat(st->fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	if (info != NULL)
		*info = sb;
	if (clock_mtime_ns(&sb) >= st->opened_ns)
		return 1;
	/* The collector checks the time and removes under the exclusive lock. */
	lock = store_lock(st, false, &ignored);
	if (utimensat(st->fd, name, NULL, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return 0;
	return 1;
}

int
store_wrap(const struct store *st, struct error *err)
{
	if (err->sys == ENOSPC || err->sys == EDQUOT)
		error_hint(err,
		           "make room there, for example with `cooper prune`, or name "
		           "another place with --root or COOPER_ROOT");
	if (err->sys == EROFS || err->sys == EACCES || err->sys == EPERM)
		error_hint(err, "name another place with --root or COOPER_ROOT");
	return error_wrap(err, "store %s", st->path);
}
