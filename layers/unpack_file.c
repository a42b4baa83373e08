#include "layers/unpack_state.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/path.h"

/* ------------------------------------------------------------ names */

/* The file gets its final name at once, because no process sees the directory before it
 * is complete. */
static int
open_new(struct unpacker *u, const char *name, const struct entry *e, mode_t mode,
         struct error *err)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(unpack_top(u)->fd, name, flags, mode);

	if (fd < 0 && errno == EEXIST) {
		if (unpack_replace(u, name, e, err) < 0)
			return -1;
		fd = openat(unpack_top(u)->fd, name, flags, mode);
	}
	return fd < 0 ? unpack_failed(e, "make", err) : fd;
}

/* Notes can only be made about files that we may write to. */
static mode_t
new_mode(const struct unpacker *u)
{
	return u->is_noted ? 0600 : u->file.mode & 0777;
}

/* FD, which may be -1, gets the content of u->file. */
static int
start_file(struct unpacker *u, int fd)
{
	u->file_fd = fd;
	u->file_mode = new_mode(u) & ~u->umask;
	u->has_hole = false;
	return fd < 0 ? -1 : 0;
}

static int
start_draft(struct unpacker *u, struct error *err)
{
	int fd = draft_open(&u->draft, unpack_top(u)->fd, new_mode(u));

	if (fd < 0)
		unpack_failed(&u->file, "make", err);
	return start_file(u, fd);
}

/* FD, complete, gets its name in the directory we are in. */
static int
keep_draft(struct unpacker *u, int fd, const struct entry *e, struct error *err)
{
	auto_free char *name = text_copy(path_base(e->path));

	if (!(u->flags & UNPACK_USERS) || draft_keep(&u->draft, fd, name, false) == 0)
		return 0;
	if (errno != EEXIST)
		return unpack_failed(e, "make", err);
	if (unpack_check_users(u, name, e, err) < 0)
		return -1;
	if (draft_keep_one_of_many(&u->draft, fd, name) == 0)
		return 0;
	if (errno != EISDIR)
		return unpack_failed(e, "replace", err);
	if (file_remove_tree(unpack_top(u)->fd, name, err) < 0)
		return -1;
	return draft_keep(&u->draft, fd, name, true) < 0 ? unpack_failed(e, "make", err)
	                                                 : 0;
}

/* Whether E may reuse the file NAME. */
static bool
open_same(struct unpacker *u, const char *name, const struct entry *e)
{
	const struct same_file_wanted wanted = { e->size, u->uid, unpack_top(u)->gid };

	return (u->flags & UNPACK_USERS) != 0 && u->capability.n == 0 &&
	       same_file_open(&u->same, unpack_top(u)->fd, name, &wanted);
}

int
unpack_make_file(struct unpacker *u, const char *name, const struct entry *e,
                 struct error *err)
{
	u->file = *e;
	buf_truncate(&u->file_path, 0);
	buf_add_text(&u->file_path, e->path);
	u->file.path = buf_text(&u->file_path);
	u->capability = capability_clean(e->capability);
	if (open_same(u, name, e))
		return 0;
	if (u->flags & UNPACK_USERS)
		return start_draft(u, err);
	return start_file(u, open_new(u, name, &u->file, new_mode(u), err));
}

/* ------------------------------------------------------------ content */

/* The existing file differs from u->file, so a new file replaces it. */
static int
give_up_same(struct unpacker *u, struct error *err)
{
	bool is_started = u->same.at > 0;

	same_file_close(&u->same);
	if (start_draft(u, err) < 0)
		return -1;
	return is_started ? UNPACK_AGAIN : 0;
}

int
unpack_data(struct unpacker *u, const void *bytes, size_t n, struct error *err)
{
	int status = 0;

	if (u->same.fd >= 0) {
		if (same_file_next(&u->same, bytes, n))
			return 0;
		status = give_up_same(u, err);
	}
	return status == 0 ? file_write_all(u->file_fd, bytes, n, err) : status;
}

int
unpack_zeros(struct unpacker *u, uint64_t n, struct error *err)
{
	int status = u->same.fd >= 0 ? give_up_same(u, err) : 0;

	if (status != 0)
		return status;
	u->has_hole = true;
	if (lseek(u->file_fd, (off_t)n, SEEK_CUR) < 0)
		return error_sys(err, "seek over a hole");
	return 0;
}

/* ------------------------------------------------------------ the end */

static int
finish_same(struct unpacker *u, struct error *err)
{
	const struct entry *e = &u->file;
	struct timespec mtime = unpack_seconds(e->mtime), was = u->same.st.st_mtim;
	mode_t mode = unpack_mode(u, e, true);
	int status = 0;

	if ((u->same.st.st_mode & 07777) != mode && fchmod(u->same.fd, mode) < 0)
		status = unpack_failed(e, "set the mode of", err);
	else if ((was.tv_sec != mtime.tv_sec || was.tv_nsec != mtime.tv_nsec) &&
	         unpack_set_mtime(u->same.fd, NULL, mtime) < 0)
		status = unpack_failed(e, "set the time of", err);
	same_file_close(&u->same);
	return status;
}

static int
set_capability(const struct unpacker *u, int fd)
{
	const struct text value = { (char *)u->capability.bytes, u->capability.n };

	return u->is_noted ? capability_note(fd, value) : capability_set(fd, value);
}

/* The order matters: chown clears set-id bits and capabilities, and writing changes the
 * time. */
int
unpack_finish_file(struct unpacker *u, struct error *err)
{
	auto_fd int fd = take_fd(&u->file_fd);
	const struct entry *e = &u->file;
	int owner;
	mode_t mode;

	if (u->same.fd >= 0)
		return finish_same(u, err);
	if (fd < 0)
		return 0;
	if (u->has_hole && ftruncate(fd, lseek(fd, 0, SEEK_CUR)) < 0)
		return unpack_failed(e, "set the size of", err);
	owner = unpack_set_owner(u, fd, NULL, e, true, err);
	if (owner < 0)
		return -1;
	mode = unpack_mode(u, e, owner);
	if (mode != u->file_mode && fchmod(fd, mode) < 0)
		return unpack_failed(e, "set the mode of", err);
	if (u->capability.n > 0 && owner && set_capability(u, fd) < 0)
		unpack_warn_once(u, WARNED_CAPABILITY, e,
		                 "its capabilities cannot be set");
	if (unpack_set_mtime(fd, NULL, unpack_seconds(e->mtime)) < 0)
		return unpack_failed(e, "set the time of", err);
	return keep_draft(u, fd, e, err);
}
