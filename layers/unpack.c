#include "layers/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/draft.h"
#include "base/event.h"
#include "base/file.h"
#include "base/inroot.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/own.h"
#include "base/path.h"
#include "layers/owner.h"
#include "layers/whiteout.h"
#include "layers/xattrs.h"

/* A directory on the way to the place we are at. Its final mode and time are
 * set when it is left: a mode may forbid making children, which change the time. */
struct frame {
	int fd;
	size_t path_n;       /* its path: that many bytes of unpacker.path */
	mode_t mode, wanted; /* as it is now, as it shall be */
	struct timespec mtime;
	bool fix_mtime;
};

enum warned { WARNED_OWNER = 1, WARNED_DEVICE = 2, WARNED_CAPABILITY = 4 };

struct unpacker {
	int root_fd;
	unsigned flags;
	uid_t uid; /* what new files get by themselves */
	gid_t gid;
	mode_t umask;
	bool always_chown;
	unsigned warned; /* bits of enum warned */

	struct buf path;            /* of the directory we are in */
	ARRAY(struct frame) frames; /* [0] is the root */
	struct buf name, link;      /* NUL-terminated copies for system calls */

	int file_fd;        /* the file that gets content, or -1 */
	struct draft draft; /* of it, in a directory of a user */
	struct entry file;  /* its metadata, with these for texts */
	struct buf file_path;
	struct capability capability;
	mode_t file_mode; /* as created */
	bool has_hole;
};

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
	auto_unpacker struct unpacker *u = mem_new(sizeof *u);
	struct frame *root;
	struct stat st;

	u->file_fd = -1;
	u->root_fd = dir_fd;
	u->flags = flags;
	u->uid = geteuid();
	u->gid = getegid();
	u->umask = current_umask();
	if (fstat(dir_fd, &st) < 0) {
		error_sys(err, "stat the directory to unpack to");
		return NULL;
	}
	/* Children of a setgid directory get its group. */
	u->always_chown = (st.st_mode & S_ISGID) != 0;
	root = array_add(&u->frames);
	root->fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
	root->mode = root->wanted = st.st_mode & 07777;
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
	buf_clear(&u->path);
	buf_clear(&u->file_path);
	buf_clear(&u->name);
	buf_clear(&u->link);
	free(u);
}

/* ------------------------------------------------------------ messages */

static int
refuse(const struct entry *e, const char *what, struct error *err)
{
	return error_set(err, ERR_DAMAGED, "%.*s: %s", TEXT_ARG(e->path), what);
}

static int
failed(const struct entry *e, const char *doing, struct error *err)
{
	return error_sys(err, "%s %.*s", doing, TEXT_ARG(e->path));
}

static void
warn_once(struct unpacker *u, enum warned kind, const struct entry *e, const char *what)
{
	if (!(u->warned & kind))
		event_warn(0, "%.*s: %s (said once)", TEXT_ARG(e->path), what);
	u->warned |= kind;
}

/* ------------------------------------------------------------ owner, mode, time */

static struct timespec
seconds(int64_t s)
{
	return (struct timespec){ .tv_sec = (time_t)s };
}

static int
set_mtime(int fd, const char *name, struct timespec mtime)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, mtime };

	if (name == NULL)
		return futimens(fd, times);
	return utimensat(fd, name, times, AT_SYMLINK_NOFOLLOW);
}

/* Owner of FD (NAME NULL) or of NAME in it: 1 if it is right now, 0 if it may
 * not be set, -1. */
static int
set_owner(struct unpacker *u, int fd, const char *name, const struct entry *e,
          struct error *err)
{
	int status;

	if (!(u->flags & UNPACK_OWNERS) ||
	    (e->uid == u->uid && e->gid == u->gid && !u->always_chown))
		return 1;
	status = name == NULL ? fchown(fd, e->uid, e->gid)
	                      : fchownat(fd, name, e->uid, e->gid, AT_SYMLINK_NOFOLLOW);
	if (status == 0)
		return 1;
	/* EINVAL: the id is not mapped in our user namespace. */
	if (errno != EPERM && errno != EINVAL)
		return failed(e, "set the owner of", err);
	if ((u->flags & UNPACK_OVERLAY) != 0 &&
	    (name == NULL ? owner_mark(fd, e->uid, e->gid)
	                  : owner_mark_special(fd, name, e->uid, e->gid)) == 0)
		return 1;
	/* Nobody looks at the owner of a link, and it has no mode. */
	if (e->type == ENTRY_SYMLINK)
		return 0;
	warn_once(u, WARNED_OWNER, e, "its owner cannot be set by this user");
	return 0;
}

/* A set-id bit for a wrong owner is worse than none. */
static mode_t
mode_for(const struct entry *e, int owner_is_right)
{
	return owner_is_right ? e->mode : e->mode & 01777;
}

/* ------------------------------------------------------------ directories */

static struct frame *
top(struct unpacker *u)
{
	return &u->frames.at[u->frames.n - 1];
}

/* Leaves the innermost directory. */
static int
leave(struct unpacker *u, struct error *err)
{
	struct frame *f = top(u);

	if (f->mode != f->wanted && fchmod(f->fd, f->wanted) < 0)
		return error_sys(err, "set the mode of %s", buf_str(&u->path));
	if (f->fix_mtime && set_mtime(f->fd, NULL, f->mtime) < 0)
		return error_sys(err, "set the time of %s", buf_str(&u->path));
	own_close(&f->fd);
	u->frames.n--;
	buf_truncate(&u->path, u->frames.n > 0 ? top(u)->path_n : 0);
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
		return refuse(e, "more than 1024 directories deep", err);
	if (fstat(fd, &st) < 0)
		return failed(e, "stat", err);
	f = array_add(&u->frames);
	f->mode = f->wanted = st.st_mode & 07777;
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

static mode_t
type_of(const struct entry *e)
{
	return e->type == ENTRY_CHAR    ? S_IFCHR
	       : e->type == ENTRY_BLOCK ? S_IFBLK
	       : e->type == ENTRY_FIFO  ? S_IFIFO
	                                : 0;
}

/* Whether what has the NAME of E may go. */
static int
check_users(struct unpacker *u, const char *name, const struct entry *e,
            struct error *err)
{
	struct stat st;

	if (!(u->flags & UNPACK_USERS) ||
	    fstatat(top(u)->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode) ||
	    (st.st_mode & S_IFMT) == type_of(e))
		return 0;
	return error_set(err, ERR_USAGE,
	                 "%.*s: it is a device, FIFO or socket, which is not replaced",
	                 TEXT_ARG(e->path));
}

/* What is in the way of directory NAME: a whiteout gives way (1: and makes the
 * directory opaque), anything else is refused unless E itself replaces it. */
static int
clear_way(struct unpacker *u, const char *name, const struct entry *e, bool replace,
          struct error *err)
{
	int dir_fd = top(u)->fd;
	struct stat st;
	bool mark;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(e, "stat what is in the way of", err);
	mark = (u->flags & UNPACK_OVERLAY) && whiteout_is_mark(dir_fd, name, &st);
	if (!mark && !replace)
		return refuse(e, "is below something that is not a directory", err);
	if (check_users(u, name, e, err) < 0)
		return -1;
	if (unlinkat(dir_fd, name, 0) < 0)
		return failed(e, "remove what is in the way of", err);
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
	if (!is_entry || mkdirat(top(u)->fd, u->name.p, 0755) < 0) {
		if (is_entry && errno != EEXIST)
			return failed(e, "make", err);
	} else {
		*made = true;
	}
	fd = open_child_dir(top(u)->fd, u->name.p);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) {
		int mark = clear_way(u, u->name.p, e, is_entry, err);

		if (mark < 0)
			return -1;
		opaque = mark;
		errno = ENOENT;
	}
	if (fd < 0 && errno == ENOENT) {
		if (mkdirat(top(u)->fd, u->name.p, 0755) < 0)
			return failed(e, "make", err);
		*made = true;
		fd = open_child_dir(top(u)->fd, u->name.p);
	}
	if (fd < 0)
		return failed(e, "open", err);
	if (push(u, fd, name, e, err) < 0)
		return -1;
	if (!*made && (u->flags & UNPACK_USERS) != 0)
		draft_sweep(fd);
	if (*made) {
		top(u)->wanted = 0755;
		top(u)->mtime = seconds(0);
	}
	if (opaque && whiteout_make_opaque(fd) < 0)
		return failed(e, "make opaque", err);
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
	bool made;
	int owner;

	if (go_to(u, path_dir(e->path), e, err) < 0)
		return -1;
	if (e->path.n > 0 && enter_child(u, path_base(e->path), e, true, &made, err) < 0)
		return -1;
	owner = set_owner(u, top(u)->fd, NULL, e, err);
	if (owner < 0)
		return -1;
	if (e->opaque && (u->flags & UNPACK_OVERLAY) &&
	    whiteout_make_opaque(top(u)->fd) < 0)
		return failed(e, "make opaque", err);
	top(u)->wanted = mode_for(e, owner);
	top(u)->mtime = seconds(e->mtime);
	top(u)->fix_mtime = true;
	return 0;
}

/* ------------------------------------------------------------ everything else */

/* Removes what has the name of E, which is no directory. */
static int
replace(struct unpacker *u, const char *name, const struct entry *e, struct error *err)
{
	if (check_users(u, name, e, err) < 0)
		return -1;
	if (unlinkat(top(u)->fd, name, 0) == 0)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return failed(e, "replace", err);
	return file_remove_tree(top(u)->fd, name, err);
}

/* Under its final name at once: no process sees the directory before it is complete. */
static int
open_new(struct unpacker *u, const char *name, const struct entry *e, mode_t mode,
         struct error *err)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(top(u)->fd, name, flags, mode);

	if (fd < 0 && errno == EEXIST) {
		if (replace(u, name, e, err) < 0)
			return -1;
		fd = openat(top(u)->fd, name, flags, mode);
	}
	return fd < 0 ? failed(e, "make", err) : fd;
}

static int
open_draft(struct unpacker *u, const struct entry *e, mode_t mode, struct error *err)
{
	int fd = draft_open(&u->draft, top(u)->fd, mode);

	return fd < 0 ? failed(e, "make", err) : fd;
}

/* FD, complete, gets its name in the directory we are in. */
static int
keep_draft(struct unpacker *u, int fd, const struct entry *e, struct error *err)
{
	auto_free char *name = text_copy(path_base(e->path));

	if (!(u->flags & UNPACK_USERS) || draft_keep(&u->draft, fd, name, false) == 0)
		return 0;
	if (errno != EEXIST)
		return failed(e, "make", err);
	if (check_users(u, name, e, err) < 0)
		return -1;
	if (draft_keep_one_of_many(&u->draft, fd, name) == 0)
		return 0;
	if (errno != EISDIR)
		return failed(e, "replace", err);
	if (file_remove_tree(top(u)->fd, name, err) < 0)
		return -1;
	return draft_keep(&u->draft, fd, name, true) < 0 ? failed(e, "make", err) : 0;
}

static int
make_file(struct unpacker *u, const char *name, const struct entry *e, struct error *err)
{
	mode_t mode = e->mode & 0777;
	int fd = (u->flags & UNPACK_USERS) != 0 ? open_draft(u, e, mode, err)
	                                        : open_new(u, name, e, mode, err);

	if (fd < 0)
		return -1;
	u->file_fd = fd;
	u->file = *e;
	buf_truncate(&u->file_path, 0);
	buf_add_text(&u->file_path, e->path);
	u->file.path = buf_text(&u->file_path);
	u->file_mode = mode & ~u->umask;
	u->has_hole = false;
	u->capability = capability_clean(e->capability);
	return 0;
}

/* Order matters: chown clears set-id bits and capabilities, writing the time. */
static int
finish_file(struct unpacker *u, struct error *err)
{
	auto_fd int fd = take_fd(&u->file_fd);
	const struct entry *e = &u->file;
	int owner;
	mode_t mode;

	if (fd < 0)
		return 0;
	if (u->has_hole && ftruncate(fd, lseek(fd, 0, SEEK_CUR)) < 0)
		return failed(e, "set the size of", err);
	owner = set_owner(u, fd, NULL, e, err);
	if (owner < 0)
		return -1;
	mode = mode_for(e, owner);
	if (mode != u->file_mode && fchmod(fd, mode) < 0)
		return failed(e, "set the mode of", err);
	if (u->capability.n > 0 && owner &&
	    capability_set(fd, (struct text){ (char *)u->capability.bytes,
	                                      u->capability.n }) < 0)
		warn_once(u, WARNED_CAPABILITY, e, "its capabilities cannot be set");
	if (set_mtime(fd, NULL, seconds(e->mtime)) < 0)
		return failed(e, "set the time of", err);
	return keep_draft(u, fd, e, err);
}

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
		return refuse(e, "hard link to a path that is not in the archive", err);
	status = linkat(dir_fd, base, top(u)->fd, name, 0);
	if (status < 0 && errno == EEXIST && !text_equal(e->path, e->link)) {
		if (replace(u, name, e, err) < 0)
			return -1;
		status = linkat(dir_fd, base, top(u)->fd, name, 0);
	}
	if (status == 0 || text_equal(e->path, e->link))
		return 0;
	if (errno == ENOENT && (u->warned & WARNED_DEVICE))
		return 0; /* its target may be one of those left out */
	if (errno == ENOENT || errno == ENOTDIR || errno == EPERM || errno == ELOOP)
		return refuse(e, "hard link to a path that is not in the archive", err);
	return failed(e, "link", err);
}

/* Symbolic link, fifo, device. 0 and *LEFT_OUT if it cannot be made here. */
static int
make_special(struct unpacker *u, const char *name, const struct entry *e, bool *left_out,
             struct error *err)
{
	mode_t type = type_of(e);
	int status = 0;

	buf_truncate(&u->link, 0);
	buf_add_text(&u->link, e->link);
	for (int attempt = 0; attempt < 2; attempt++) {
		if (e->type == ENTRY_SYMLINK)
			status = symlinkat(buf_str(&u->link), top(u)->fd, name);
		else
			status = mknodat(top(u)->fd, name, type | (e->mode & 0777),
			                 makedev(e->dev_major, e->dev_minor));
		if (status == 0 || errno != EEXIST || attempt > 0)
			break;
		if (replace(u, name, e, err) < 0)
			return -1;
	}
	if (status == 0)
		return 0;
	if (e->type == ENTRY_SYMLINK || e->type == ENTRY_FIFO ||
	    (errno != EPERM && errno != EINVAL))
		return failed(e, "make", err);
	warn_once(u, WARNED_DEVICE, e, "device node left out: this user may not make it");
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
	owner = set_owner(u, top(u)->fd, name, e, err);
	if (owner < 0)
		return -1;
	if (e->type != ENTRY_SYMLINK &&
	    fchmodat(top(u)->fd, name, mode_for(e, owner), 0) < 0)
		return failed(e, "set the mode of", err);
	if (set_mtime(top(u)->fd, name, seconds(e->mtime)) < 0)
		return failed(e, "set the time of", err);
	return 0;
}

/* What is there already is of this layer and stays; a directory is then one
 * that was made anew. */
static int
make_whiteout(struct unpacker *u, const char *name, const struct entry *e,
              struct error *err)
{
	auto_fd int fd = -1;

	if (!(u->flags & UNPACK_OVERLAY) || whiteout_make(top(u)->fd, name) == 0)
		return 0;
	if (errno != EEXIST)
		return failed(e, "make a whiteout for", err);
	fd = openat(top(u)->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && whiteout_make_opaque(fd) < 0)
		return failed(e, "make opaque", err);
	return 0;
}

static int
make_opaque(struct unpacker *u, const struct entry *e, struct error *err)
{
	if (go_to(u, e->path, e, err) < 0)
		return -1;
	if ((u->flags & UNPACK_OVERLAY) && whiteout_make_opaque(top(u)->fd) < 0)
		return failed(e, "make opaque", err);
	return 0;
}

int
unpack_entry(struct unpacker *u, const struct entry *e, struct error *err)
{
	if (finish_file(u, err) < 0)
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
		return make_file(u, buf_str(&u->name), e, err);
	case ENTRY_HARDLINK:
		return make_hard_link(u, buf_str(&u->name), e, err);
	case ENTRY_WHITEOUT:
		return make_whiteout(u, buf_str(&u->name), e, err);
	default:
		return make_other(u, buf_str(&u->name), e, err);
	}
}

int
unpack_data(struct unpacker *u, const void *bytes, size_t n, struct error *err)
{
	return file_write_all(u->file_fd, bytes, n, err);
}

int
unpack_zeros(struct unpacker *u, uint64_t n, struct error *err)
{
	u->has_hole = true;
	if (lseek(u->file_fd, (off_t)n, SEEK_CUR) < 0)
		return error_sys(err, "seek over a hole");
	return 0;
}

int
unpack_end(struct unpacker *u, struct error *err)
{
	if (finish_file(u, err) < 0)
		return -1;
	while (u->frames.n > 0)
		if (leave(u, err) < 0)
			return -1;
	return 0;
}
