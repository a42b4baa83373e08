#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "base/base.h"
#include "base/file.h"
#include "base/path.h"
#include "builder/export/destination_state.h"

/* A pipe takes this much without blocking once poll(2) reports it writable. */
#define PIPE_PIECE ((size_t)4096)

/* ------------------------------------------------------------ refusing */

static enum error_code
code_of(int sys)
{
	switch (sys) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case EEXIST:
	case ELOOP:
	case ENAMETOOLONG:
	case EINVAL:
	case EBADF:
	case ENXIO:
		return ERR_USAGE;
	case EIO:
	case EPIPE:
		return ERR_INTERNAL;
	default:
		return ERR_ENVIRONMENT;
	}
}

int
destination_refuse_as(const struct destination *d, int sys, const char *why,
                      struct error *err)
{
	error_set(err, code_of(sys), "%s: %s", d->shown, why);
	err->sys = sys;
	return -1;
}

/* By errno. */
int
destination_refuse(const struct destination *d, struct error *err)
{
	int sys = errno;
	const char *why = strerror(sys);

	if (sys == ENOENT)
		why = "its directory does not exist";
	else if (sys == ENOTDIR && d->form != DESTINATION_DIR)
		why = "a file is where a directory should be";
	else if (sys == EISDIR)
		why = "is a directory, a file is needed";
	else if (sys == EBADF)
		why = "is no descriptor that is open for writing";
	return destination_refuse_as(d, sys, why, err);
}

/* ------------------------------------------------------------ writing */

void
destination_set_cancel(struct destination *d, const struct cancel *c)
{
	d->cancel = c;
}

int
destination_dir_fd(const struct destination *d)
{
	return d->fd;
}

/* Waits until the reader takes more, or the build is cancelled. */
static int
write_stream(struct destination *d, const char *bytes, size_t n, struct error *err)
{
	bool is_file = S_ISREG(d->there.st_mode);

	while (n > 0) {
		struct pollfd wait[2] = { { .fd = d->fd, .events = POLLOUT },
			                  { .fd = cancel_fd(d->cancel),
			                    .events = POLLIN } };
		ssize_t done = 0;

		if (poll(wait, 2, -1) < 0 && errno != EINTR)
			return destination_refuse(d, err);
		if (cancel_check(d->cancel, err) < 0)
			return -1;
		if (wait[0].revents == 0)
			continue;
		done = write(d->fd, bytes, is_file || n < PIPE_PIECE ? n : PIPE_PIECE);
		if (done < 0 && errno != EINTR && errno != EAGAIN)
			return destination_refuse(d, err);
		bytes += done < 0 ? 0 : done;
		n -= done < 0 ? 0 : (size_t)done;
	}
	return 0;
}

int
destination_write(void *arg, const void *bytes, size_t n, struct error *err)
{
	struct destination *d = arg;
	bool is_first = !d->began;

	d->began = true;
	if (d->way == WAY_STREAM)
		return write_stream(d, bytes, n, err);
	if (d->way == WAY_IN_PLACE && is_first && ftruncate(d->fd, 0) < 0)
		return destination_refuse(d, err);
	if (file_write_all(d->fd, bytes, n, err) == 0)
		return 0;
	errno = err->sys;
	return destination_refuse(d, err);
}

int
destination_restart(struct destination *d, struct error *err)
{
	if (!d->began)
		return 0;
	if (d->way == WAY_STREAM)
		return destination_refuse_as(
		        d, EIO, "a part of it has been written already", err);
	if (ftruncate(d->fd, 0) < 0 || lseek(d->fd, 0, SEEK_SET) < 0)
		return destination_refuse(d, err);
	return 0;
}

/* ------------------------------------------------------------ keeping */

/* Writes in place, because the name cannot be given to another file: it is a mount point,
 * or the directory has the sticky bit. -1 with errno. */
static int
copy_in_place(const struct destination *d, struct error *err)
{
	auto_fd int out = openat(d->place.dir_fd, d->place.name,
	                         O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NONBLOCK |
	                                 O_CLOEXEC);

	if (out < 0 || lseek(d->fd, 0, SEEK_SET) < 0)
		return destination_refuse(d, err);
	if (file_copy_fd(d->fd, out, d->cancel, NULL, err) == 0)
		return 0;
	if (err->code == ERR_CANCELLED)
		return -1;
	errno = err->sys;
	return destination_refuse(d, err);
}

static int
replace(struct destination *d, struct error *err)
{
	bool is_there = d->there.st_nlink > 0;
	/* Network file systems report a full disk here. */
	int copy = dup(d->fd);

	if (copy < 0 || close(copy) < 0)
		return destination_refuse(d, err);
	if (draft_keep(&d->draft, d->fd, d->place.name, true) == 0)
		return 0;
	return is_there ? copy_in_place(d, err) : destination_refuse(d, err);
}

int
destination_keep(struct destination *d, struct error *err)
{
	if (d->way == WAY_REPLACE && replace(d, err) < 0)
		return -1;
	if (d->way == WAY_IN_PLACE && !d->began && ftruncate(d->fd, 0) < 0)
		return destination_refuse(d, err);
	if (S_ISBLK(d->there.st_mode) && fsync(d->fd) < 0)
		return destination_refuse(d, err);
	d->kept = true;
	return 0;
}

int
destination_put(struct destination *d, struct text t, struct error *err)
{
	if (destination_write(d, t.p, t.n, err) < 0)
		return -1;
	return destination_keep(d, err);
}

int
destination_put_digest(struct destination *d, const struct digest *digest,
                       struct error *err)
{
	char text[DIGEST_TEXT_MAX];

	if (d == NULL)
		return 0;
	return destination_put(d, text_of(digest_text(digest, text)), err);
}

int
destination_put_at(const char *option, const char *path, struct text t, struct error *err)
{
	struct destination *d = destination_open(DESTINATION_TEXT, option, path, err);
	int failed = d == NULL ? -1 : destination_put(d, t, err);

	destination_drop(d);
	return failed;
}

static void
remove_made(struct destination *d)
{
	while (d->made.n > 0) {
		rmdir(d->made.at[d->made.n - 1]);
		free(d->made.at[--d->made.n]);
	}
}

void
destination_drop(struct destination *d)
{
	if (d == NULL)
		return;
	draft_drop(&d->draft);
	if (!d->kept)
		remove_made(d);
	own_close(&d->fd);
	destination_place_clear(&d->place);
	for (size_t i = 0; i < d->made.n; i++)
		free(d->made.at[i]);
	array_clear(&d->made);
	free(d->shown);
	free(d->path);
	free(d);
}

/* ------------------------------------------------------------ asking */

const char *
destination_shown(const struct destination *d)
{
	return d->shown;
}

bool
destination_is_stdout(const struct destination *d)
{
	struct stat sb;

	return d->way == WAY_STREAM && !S_ISCHR(d->there.st_mode) &&
	       fstat(STDOUT_FILENO, &sb) == 0 && sb.st_dev == d->there.st_dev &&
	       sb.st_ino == d->there.st_ino;
}

static bool
is_same_place(const struct destination *a, const struct destination *b)
{
	struct stat x, y;

	return a->place.name != NULL && b->place.name != NULL &&
	       strcmp(a->place.name, b->place.name) == 0 &&
	       fstat(a->place.dir_fd, &x) == 0 && fstat(b->place.dir_fd, &y) == 0 &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool
destination_clash(const struct destination *a, const struct destination *b)
{
	bool is_same = a->there.st_nlink > 0 && b->there.st_nlink > 0 &&
	               a->there.st_dev == b->there.st_dev &&
	               a->there.st_ino == b->there.st_ino;

	/* Several outputs may write to one directory. */
	if (a->way == WAY_DIR || b->way == WAY_DIR)
		return false;
	if (!is_same && !is_same_place(a, b))
		return false;
	if (S_ISCHR(a->there.st_mode))
		return false;
	return a->way != WAY_STREAM || b->way != WAY_STREAM ||
	       a->form == DESTINATION_ARCHIVE || b->form == DESTINATION_ARCHIVE;
}

static void
add_file(struct destination_files *out, const struct stat *sb, const char *name,
         bool is_made)
{
	array_push(&out->list,
	           ((struct destination_file){ sb->st_dev, sb->st_ino, name, is_made }));
}

void
destination_files(const struct destination *d, struct destination_files *out)
{
	struct stat sb;

	if (d->there.st_nlink > 0 && !d->is_borrowed && d->way != WAY_DIR)
		add_file(out, &d->there, d->place.name, false);
	if (d->draft.name[0] != '\0' && fstat(d->fd, &sb) == 0)
		add_file(out, &sb, d->draft.name, true);
	for (size_t i = 0; i < d->made.n; i++)
		if (stat(d->made.at[i], &sb) == 0)
			add_file(out, &sb, path_base(text_of(d->made.at[i])).p, true);
}

/* Takes AT, a directory, and goes up from it. */
static bool
is_below(int at, const struct stat *dir)
{
	auto_fd int fd = at;
	struct stat sb, above;

	if (fd < 0 || fstat(fd, &sb) < 0)
		return false;
	for (;;) {
		int up = -1;

		if (sb.st_dev == dir->st_dev && sb.st_ino == dir->st_ino)
			return true;
		up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		own_close(&fd);
		fd = up;
		if (fd < 0 || fstat(fd, &above) < 0 ||
		    (above.st_dev == sb.st_dev && above.st_ino == sb.st_ino))
			return false;
		sb = above;
	}
}

bool
destination_is_below(const struct destination *d, const struct stat *dir)
{
	int dir_fd = d->way == WAY_DIR ? d->fd : d->place.dir_fd;

	return dir_fd >= 0 &&
	       is_below(openat(dir_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC), dir);
}

bool
destination_holds(const struct destination *d, const char *dir)
{
	return d->way == WAY_DIR &&
	       is_below(open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), &d->there);
}
