#include "layers/unpack_state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "base/inroot.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/own.h"
#include "base/path.h"
#include "layers/owner_marks.h"
#include "layers/whiteout.h"

/* umask(2) cannot be asked without setting it for all threads. */
static mode_t
current_umask(void)
{
	auto_buf struct buf status = BUF_INIT;
	auto_error struct error ignored = ERROR_INIT;
	struct text rest, line;
	uint32_t mask;

	if (file_read(AT_FDCWD, "/proc/self/status", 65536, &status, &ignored) != 1)
		return 0777;
	rest = buf_text(&status);
	while (text_line(&rest, &line))
		if (text_starts(line, "Umask:") &&
		    number_octal(text_trim(text_from(line, 6)), &mask))
			return mask & 0777;
	return 0777;
}

struct unpacker *
unpack_new(int dir_fd, unsigned flags, struct error *err)
{
	const unsigned layer = UNPACK_OVERLAY | UNPACK_OWNERS;
	auto_unpacker struct unpacker *u = mem_new(sizeof *u);
	struct frame *root;
	struct stat st;

	u->file_fd = u->same.fd = -1;
	u->root_fd = dir_fd;
	u->flags = flags;
	u->uid = geteuid();
	u->gid = getegid();
	u->umask = current_umask();
	u->is_noted = owner_is_noted() &&
	              ((flags & UNPACK_NOTES) != 0 || (flags & layer) == layer);
	if (fstat(dir_fd, &st) < 0) {
		error_sys(err, "stat the directory to unpack to");
		return NULL;
	}
	/* Children of a setgid directory get its group. */
	u->always_chown = (st.st_mode & S_ISGID) != 0;
	root = array_add(&u->frames);
	root->fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
	root->mode = root->wanted = st.st_mode & 07777;
	root->gid = (st.st_mode & S_ISGID) != 0 ? st.st_gid : u->gid;
	if ((flags & UNPACK_USERS) != 0)
		draft_sweep(dir_fd);
	if (root->fd < 0) {
		error_sys(err, "duplicate a descriptor");
		return NULL;
	}
	return take(u);
}

void
unpack_free(struct unpacker *u)
{
	if (u == NULL)
		return;
	for (size_t i = 0; i < u->frames.n; i++)
		own_close(&u->frames.at[i].fd);
	array_clear(&u->frames);
	own_close(&u->file_fd);
	draft_drop(&u->draft);
	same_file_close(&u->same);
	buf_clear(&u->path);
	buf_clear(&u->file_path);
	buf_clear(&u->name);
	buf_clear(&u->link);
	free(u);
}

static int
mark_failed(const struct entry *e, const char *doing, struct error *err)
{
	int sys = errno;

	unpack_failed(e, doing, err);
	return whiteout_advise(sys, err);
}

/* ------------------------------------------------------------ directories */

/* Leaves the innermost directory. */
static int
leave(struct unpacker *u, struct error *err)
{
	struct frame *f = unpack_top(u);

	if (f->mode != f->wanted && fchmod(f->fd, f->wanted) < 0)
		return error_sys(err, "set the mode of %s", buf_str(&u->path));
	if (f->fix_mtime && unpack_set_mtime(f->fd, NULL, f->mtime) < 0)
		return error_sys(err, "set the time of %s", buf_str(&u->path));
	own_close(&f->fd);
	u->frames.n--;
	buf_truncate(&u->path, u->frames.n > 0 ? unpack_top(u)->path_n : 0);
	return 0;
}

/* The child NAME, which may deny us access by its mode. */
static int
open_child_dir(int dir_fd, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir_fd, name, flags);
	struct stat st;

	if (fd >= 0 || errno != EACCES)
		return fd;
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode) ||
	    fchmodat(dir_fd, name, (st.st_mode & 07777) | 0700, 0) < 0)
		return -1;
	return openat(dir_fd, name, flags);
}

/* Adds FD, the child NAME of where we are, as the innermost directory. */
static int
push(struct unpacker *u, int fd, struct text name, const struct entry *e,
     struct error *err)
{
	auto_fd int owned = fd;
	struct frame *f;
	struct stat st;

	if (u->frames.n > UNPACK_DEPTH_MAX)
		return unpack_refuse(e, "more than 1024 directories deep", err);
	if (fstat(fd, &st) < 0)
		return unpack_failed(e, "stat", err);
	f = array_add(&u->frames);
	f->mode = f->wanted = st.st_mode & 07777;
	f->gid = (st.st_mode & S_ISGID) != 0 ? st.st_gid : u->gid;
	f->mtime = st.st_mtim;
	f->fix_mtime = true;
	if ((f->mode & 0700) != 0700 && fchmod(fd, f->mode | 0700) == 0)
		f->mode |= 0700;
	f->fd = take_fd(&owned);
	if (u->path.n > 0)
		buf_add_char(&u->path, '/');
	buf_add_text(&u->path, name);
	f->path_n = u->path.n;
	return 0;
}

/* Deals with an entry in the way of directory NAME. A whiteout is removed (1: the
 * directory becomes opaque); anything else is refused unless E itself replaces it. */
static int
clear_way(struct unpacker *u, const char *name, const struct entry *e, bool replace,
          struct error *err)
{
	int dir_fd = unpack_top(u)->fd;
	struct stat st;
	bool mark;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return unpack_failed(e, "stat what is in the way of", err);
	mark = (u->flags & UNPACK_OVERLAY) && whiteout_is_mark(dir_fd, name, &st);
	if (!mark && !replace)
		return unpack_refuse(e, "is below something that is not a directory",
		                     err);
	if (unpack_check_users(u, name, e, err) < 0)
		return -1;
	if (unlinkat(dir_fd, name, 0) < 0)
		return unpack_failed(e, "remove what is in the way of", err);
	return mark;
}

/* Makes directory NAME where we are and enters it. Unless told otherwise it gets
 * mode 0755 and time 0 when it is left; *MADE false if there was one. */
static int
enter_child(struct unpacker *u, struct text name, const struct entry *e, bool is_entry,
            bool *made, struct error *err)
{
	bool opaque = false;
	int fd;

	buf_truncate(&u->name, 0);
	buf_add_text(&u->name, name);
	*made = false;
	if (!is_entry || mkdirat(unpack_top(u)->fd, u->name.p, 0755) < 0) {
		if (is_entry && errno != EEXIST)
			return unpack_failed(e, "make", err);
	} else {
		*made = true;
	}
	fd = open_child_dir(unpack_top(u)->fd, u->name.p);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) {
		int mark = clear_way(u, u->name.p, e, is_entry, err);

		if (mark < 0)
			return -1;
		opaque = mark;
		errno = ENOENT;
	}
	if (fd < 0 && errno == ENOENT) {
		if (mkdirat(unpack_top(u)->fd, u->name.p, 0755) < 0)
			return unpack_failed(e, "make", err);
		*made = true;
		fd = open_child_dir(unpack_top(u)->fd, u->name.p);
	}
	if (fd < 0)
		return unpack_failed(e, "open", err);
	if (push(u, fd, name, e, err) < 0)
		return -1;
	if (!*made && (u->flags & UNPACK_USERS) != 0)
		draft_sweep(fd);
	if (*made) {
		unpack_top(u)->wanted = 0755;
		unpack_top(u)->mtime = unpack_seconds(0);
	}
	if (opaque && whiteout_make_opaque(fd) < 0)
		return mark_failed(e, "make opaque", err);
	return 0;
}

/* Goes to directory DIR: up to where the ways part, then down. */
static int
go_to(struct unpacker *u, struct text dir, const struct entry *e, struct error *err)
{
	struct text rest, name;
	bool made;

	while (!path_is_below(dir, buf_text(&u->path)))
		if (leave(u, err) < 0)
			return -1;
	rest = text_from(dir, u->path.n);
	while (path_next(&rest, &name))
		if (enter_child(u, name, e, false, &made, err) < 0)
			return -1;
	return 0;
}

static int
make_dir(struct unpacker *u, const struct entry *e, struct error *err)
{
	bool made = false;
	int owner;

	if (go_to(u, path_dir(e->path), e, err) < 0)
		return -1;
	if (e->path.n > 0 && enter_child(u, path_base(e->path), e, true, &made, err) < 0)
		return -1;
	owner = unpack_set_owner(u, unpack_top(u)->fd, NULL, e, made, err);
	if (owner < 0)
		return -1;
	if (e->opaque && (u->flags & UNPACK_OVERLAY) &&
	    whiteout_make_opaque(unpack_top(u)->fd) < 0)
		return mark_failed(e, "make opaque", err);
	unpack_top(u)->wanted = unpack_mode(u, e, owner);
	unpack_top(u)->mtime = unpack_seconds(e->mtime);
	unpack_top(u)->fix_mtime = true;
	return 0;
}

/* ------------------------------------------------------------ everything else */

static int
make_hard_link(struct unpacker *u, const char *name, const struct entry *e,
               struct error *err)
{
	auto_fd int dir_fd = -1;
	const char *base = NULL;
	int status;

	buf_truncate(&u->link, 0);
	buf_add_text(&u->link, e->link);
	dir_fd = inroot_parent(u->root_fd, buf_str(&u->link), &base);
	if (dir_fd < 0)
		return unpack_refuse(e, "hard link to a path that is not in the archive",
		                     err);
	status = linkat(dir_fd, base, unpack_top(u)->fd, name, 0);
	if (status < 0 && errno == EEXIST && !text_equal(e->path, e->link)) {
		if (unpack_replace(u, name, e, err) < 0)
			return -1;
		status = linkat(dir_fd, base, unpack_top(u)->fd, name, 0);
	}
	if (status == 0 || text_equal(e->path, e->link))
		return 0;
	if (errno == ENOENT && (u->warned & WARNED_DEVICE))
		return 0; /* its target may be one of the omitted entries */
	if (errno == ENOENT || errno == ENOTDIR || errno == EPERM || errno == ELOOP)
		return unpack_refuse(e, "hard link to a path that is not in the archive",
		                     err);
	return unpack_failed(e, "link", err);
}

/* With notes, an empty file stands for a device. -1 with errno. */
static int
make_node(const struct unpacker *u, int dir_fd, const char *name, const struct entry *e)
{
	mode_t mode = unpack_type(e) | (e->mode & 0777);

	if (e->type == ENTRY_SYMLINK)
		return symlinkat(buf_str(&u->link), dir_fd, name);
	if (u->is_noted)
		mode = layer_mark_disk_mode(mode);
	return mknodat(dir_fd, name, mode, makedev(e->dev_major, e->dev_minor));
}

/* Makes a symbolic link, FIFO or device. 0 and *LEFT_OUT if it cannot be made here. */
static int
make_special(struct unpacker *u, const char *name, const struct entry *e, bool *left_out,
             struct error *err)
{
	int status = 0;

	buf_truncate(&u->link, 0);
	buf_add_text(&u->link, e->link);
	for (int attempt = 0; attempt < 2; attempt++) {
		status = make_node(u, unpack_top(u)->fd, name, e);
		if (status == 0 || errno != EEXIST || attempt > 0)
			break;
		if (unpack_replace(u, name, e, err) < 0)
			return -1;
	}
	if (status == 0)
		return 0;
	if (e->type == ENTRY_SYMLINK || e->type == ENTRY_FIFO ||
	    (errno != EPERM && errno != EINVAL))
		return unpack_failed(e, "make", err);
	unpack_warn_once(u, WARNED_DEVICE, e,
	                 "device node left out: this user may not make it");
	*left_out = true;
	return 0;
}

static int
make_other(struct unpacker *u, const char *name, const struct entry *e, struct error *err)
{
	bool left_out = false;
	int owner;

	if (make_special(u, name, e, &left_out, err) < 0)
		return -1;
	if (left_out)
		return 0;
	owner = unpack_set_owner(u, unpack_top(u)->fd, name, e, true, err);
	if (owner < 0)
		return -1;
	if (e->type != ENTRY_SYMLINK &&
	    fchmodat(unpack_top(u)->fd, name, unpack_mode(u, e, owner), 0) < 0)
		return unpack_failed(e, "set the mode of", err);
	if (unpack_set_mtime(unpack_top(u)->fd, name, unpack_seconds(e->mtime)) < 0)
		return unpack_failed(e, "set the time of", err);
	return 0;
}

/* An existing entry is of this layer and stays; a directory then counts as newly made. */
static int
make_whiteout(struct unpacker *u, const char *name, const struct entry *e,
              struct error *err)
{
	auto_fd int fd = -1;

	if (!(u->flags & UNPACK_OVERLAY) || whiteout_make(unpack_top(u)->fd, name) == 0)
		return 0;
	if (errno != EEXIST)
		return mark_failed(e, "make a whiteout for", err);
	fd = openat(unpack_top(u)->fd, name,
	            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && whiteout_make_opaque(fd) < 0)
		return mark_failed(e, "make opaque", err);
	return 0;
}

static int
make_opaque(struct unpacker *u, const struct entry *e, struct error *err)
{
	if (go_to(u, e->path, e, err) < 0)
		return -1;
	if ((u->flags & UNPACK_OVERLAY) && whiteout_make_opaque(unpack_top(u)->fd) < 0)
		return mark_failed(e, "make opaque", err);
	return 0;
}

int
unpack_entry(struct unpacker *u, const struct entry *e, struct error *err)
{
	if (unpack_finish_file(u, err) < 0)
		return -1;
	if (e->type == ENTRY_DIR)
		return make_dir(u, e, err);
	if (e->type == ENTRY_WHITEOUT && e->opaque)
		return make_opaque(u, e, err);
	if (go_to(u, path_dir(e->path), e, err) < 0)
		return -1;
	buf_truncate(&u->name, 0);
	buf_add_text(&u->name, path_base(e->path));
	switch (e->type) {
	case ENTRY_FILE:
		return unpack_make_file(u, buf_str(&u->name), e, err);
	case ENTRY_HARDLINK:
		return make_hard_link(u, buf_str(&u->name), e, err);
	case ENTRY_WHITEOUT:
		return make_whiteout(u, buf_str(&u->name), e, err);
	default:
		return make_other(u, buf_str(&u->name), e, err);
	}
}

int
unpack_end(struct unpacker *u, struct error *err)
{
	if (unpack_finish_file(u, err) < 0)
		return -1;
	while (u->frames.n > 0)
		if (leave(u, err) < 0)
			return -1;
	return 0;
}
