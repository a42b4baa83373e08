#include <fcntl.h>
#include <string.h>

#include "base/base.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/path.h"
#include "builder/export/destination_state.h"

/* The longest wait for the reader of a FIFO. */
#define READER_WAIT_MS 2000
#define READER_POLL_MS 20

/* ------------------------------------------------------------ directories */

/* mkdir -p, noting what is new. -1 with errno. */
static int
make_dirs(struct destination *d, const char *path)
{
	for (const char *end = path; *end != '\0';) {
		auto_free char *level = NULL;

		end += strspn(end, "/");
		end += strcspn(end, "/");
		level = mem_copy_n(path, (size_t)(end - path));
		if (mkdir(level, 0755) == 0)
			array_push(&d->made, take(level));
		else if (errno != EEXIST)
			return -1;
	}
	return 0;
}

static int
open_dir(struct destination *d, struct error *err)
{
	if (strcmp(d->path, "-") == 0)
		return destination_refuse_as(d, EINVAL, "standard output is no directory",
		                             err);
	d->way = WAY_DIR;
	if (make_dirs(d, d->path) == 0)
		d->fd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0 && errno == ENOTDIR)
		return destination_refuse_as(d, errno, "is a file, a directory is needed",
		                             err);
	if (d->fd < 0)
		return destination_refuse_as(d, errno, strerror(errno), err);
	if (faccessat(d->fd, ".", W_OK | X_OK, AT_EACCESS) < 0 ||
	    fstat(d->fd, &d->there) < 0)
		return destination_refuse(d, err);
	return 0;
}

/* ------------------------------------------------------------ streams */

/* Without a reader of the FIFO, the build would be in vain. */
static int
wait_for_reader(struct destination *d)
{
	int fd = -1;

	for (int ms = 0; ms < READER_WAIT_MS; ms += READER_POLL_MS) {
		fd = openat(d->place.dir_fd, d->place.name,
		            O_WRONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0 || errno != ENXIO)
			return fd;
		cancel_pause(NULL, READER_POLL_MS * NS_PER_MS);
	}
	return -1;
}

static int
open_special(struct destination *d, struct error *err)
{
	int flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

	d->way = WAY_STREAM;
	if (S_ISSOCK(d->there.st_mode))
		return destination_refuse_as(d, EINVAL, "is a socket", err);
	/* O_EXCL: not a disk that is in use. */
	if (S_ISBLK(d->there.st_mode))
		flags |= O_EXCL;
	d->fd = S_ISFIFO(d->there.st_mode)
	                ? wait_for_reader(d)
	                : openat(d->place.dir_fd, d->place.name, flags);
	if (d->fd < 0 && errno == ENXIO && S_ISFIFO(d->there.st_mode))
		return destination_refuse_as(d, ENXIO, "nobody reads this FIFO", err);
	return d->fd < 0 ? destination_refuse(d, err) : 0;
}

static int
open_own(struct destination *d, int number, struct error *err)
{
	int flags = fcntl(number, F_GETFL);

	d->is_borrowed = true;
	d->way = WAY_STREAM;
	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH) != 0) {
		errno = EBADF;
		return destination_refuse(d, err);
	}
	d->fd = fcntl(number, F_DUPFD_CLOEXEC, 3);
	if (d->fd < 0 || fstat(d->fd, &d->there) < 0)
		return destination_refuse(d, err);
	return 0;
}

/* ------------------------------------------------------------ regular files */

/* Makes the file that will take the destination's place. */
static int
open_replacement(struct destination *d)
{
	draft_sweep(d->place.dir_fd);
	d->fd = draft_open(&d->draft, d->place.dir_fd, 0644);
	if (d->fd < 0)
		return -1;
	d->way = WAY_REPLACE;
	if (d->there.st_nlink == 0)
		return 0;
	/* Sets the owner as far as we may. */
	if (fchown(d->fd, d->there.st_uid, d->there.st_gid) < 0)
		errno = 0;
	return fchmod(d->fd, d->there.st_mode & 0777);
}

static int
open_regular(struct destination *d, struct error *err)
{
	auto_fd int itself = openat(d->place.dir_fd, d->place.name,
	                            O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat named;

	if (itself < 0)
		return destination_refuse(d, err);
	/* The target of a link on /proc has no name here. */
	if (fstatat(d->place.dir_fd, d->place.name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(named.st_mode) && open_replacement(d) == 0)
		return 0;
	own_close(&d->fd);
	d->fd = take_fd(&itself);
	d->way = WAY_IN_PLACE;
	return 0;
}

static int
open_found(struct destination *d, struct error *err)
{
	if (d->place.own_fd >= 0)
		return open_own(d, d->place.own_fd, err);
	if (fstatat(d->place.dir_fd, d->place.name, &d->there, 0) < 0) {
		d->there = (struct stat){ 0 };
		if (errno != ENOENT || open_replacement(d) < 0)
			return destination_refuse(d, err);
		return 0;
	}
	if (S_ISDIR(d->there.st_mode)) {
		errno = EISDIR;
		return destination_refuse(d, err);
	}
	return S_ISREG(d->there.st_mode) ? open_regular(d, err) : open_special(d, err);
}

static int
open_file(struct destination *d, struct error *err)
{
	int found = 0;

	if (strcmp(d->path, "-") == 0)
		return open_own(d, STDOUT_FILENO, err);
	found = destination_find(d->path, &d->place);
	if (found < 0 && errno == ENOENT && d->form == DESTINATION_ARCHIVE) {
		auto_free char *above = text_copy(path_dir(text_of(d->path)));

		if (make_dirs(d, above) < 0)
			return destination_refuse(d, err);
		destination_place_clear(&d->place);
		found = destination_find(d->path, &d->place);
	}
	return found < 0 ? destination_refuse(d, err) : open_found(d, err);
}

/* ------------------------------------------------------------ all */

struct destination *
destination_open(enum destination_form form, const char *option, const char *path,
                 struct error *err)
{
	struct destination *d = mem_new(sizeof *d);
	int failed = 0;

	*d = (struct destination){ .form = form,
		                   .fd = -1,
		                   .place = DESTINATION_PLACE_INIT,
		                   .draft = DRAFT_INIT,
		                   .path = mem_copy(path) };
	d->shown = mem_print("%s%s%s", option, text_ends(text_of(option), "=") ? "" : " ",
	                     *path == '\0' ? "\"\"" : path);
	if (*path == '\0')
		failed = destination_refuse_as(d, EINVAL, "the path is empty", err);
	else
		failed = form == DESTINATION_DIR ? open_dir(d, err) : open_file(d, err);
	if (failed == 0 && form == DESTINATION_ARCHIVE && isatty(d->fd)) {
		failed = destination_refuse_as(
		        d, EINVAL, "refusing to write an archive to a terminal", err);
		error_hint(err,
		           text_ends(text_of(option), "=") ? "use dest=FILE"
		                                           : "use %s FILE",
		           option);
	}
	if (failed == 0)
		return d;
	destination_drop(d);
	return NULL;
}

struct destination *
destination_of_pipe(int fd, const char *shown, struct error *err)
{
	struct destination *d = mem_new(sizeof *d);

	*d = (struct destination){ .form = DESTINATION_ARCHIVE,
		                   .way = WAY_STREAM,
		                   .fd = fcntl(fd, F_DUPFD_CLOEXEC, 3),
		                   .place = DESTINATION_PLACE_INIT,
		                   .draft = DRAFT_INIT,
		                   .is_borrowed = true,
		                   .path = mem_copy(shown),
		                   .shown = mem_copy(shown) };
	if (d->fd >= 0)
		return d;
	error_sys(err, "%s", shown);
	destination_drop(d);
	return NULL;
}
