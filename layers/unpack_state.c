#include "layers/unpack_state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "layers/owner_marks.h"

/* ------------------------------------------------------------ messages */

int
unpack_refuse(const struct entry *e, const char *what, struct error *err)
{
	return error_set(err, ERR_DAMAGED, "%.*s: %s", TEXT_ARG(e->path), what);
}

int
unpack_failed(const struct entry *e, const char *doing, struct error *err)
{
	return error_sys(err, "%s %.*s", doing, TEXT_ARG(e->path));
}

void
unpack_warn_once(struct unpacker *u, enum warned kind, const struct entry *e,
                 const char *what)
{
	if (!(u->warned & kind))
		event_warn(0, "%.*s: %s (said once)", TEXT_ARG(e->path), what);
	u->warned |= kind;
}

/* ------------------------------------------------------------ owner, mode, time */

struct timespec
unpack_seconds(int64_t s)
{
	return (struct timespec){ .tv_sec = (time_t)s };
}

int
unpack_set_mtime(int fd, const char *name, struct timespec mtime)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, mtime };

	if (name == NULL)
		return futimens(fd, times);
	return utimensat(fd, name, times, AT_SYMLINK_NOFOLLOW);
}

static int
set_notes(const struct unpacker *u, int fd, const char *name, const struct entry *e,
          bool is_new, struct error *err)
{
	const bool has_owner = (u->flags & UNPACK_OWNERS) != 0;
	const struct stat image = { .st_mode = unpack_type(e) | e->mode,
		                    .st_uid = has_owner ? e->uid : 0,
		                    .st_gid = has_owner ? e->gid : 0,
		                    .st_rdev = makedev(e->dev_major, e->dev_minor) };
	int sys = 0;

	if (name == NULL ? owner_note(fd, &image, is_new) == 0
	                 : owner_note_at(fd, name, &image) == 0)
		return 1;
	sys = errno;
	unpack_failed(e, "note the owner of", err);
	return owner_advise(sys, fd, err);
}

int
unpack_set_owner(struct unpacker *u, int fd, const char *name, const struct entry *e,
                 bool is_new, struct error *err)
{
	int status;

	if (u->is_noted)
		return set_notes(u, fd, name, e, is_new, err);
	if (!(u->flags & UNPACK_OWNERS) ||
	    (e->uid == u->uid && e->gid == u->gid && !u->always_chown))
		return 1;
	status = name == NULL ? fchown(fd, e->uid, e->gid)
	                      : fchownat(fd, name, e->uid, e->gid, AT_SYMLINK_NOFOLLOW);
	if (status == 0)
		return 1;
	/* EINVAL: the id is not mapped in our user namespace. */
	if (errno != EPERM && errno != EINVAL)
		return unpack_failed(e, "set the owner of", err);
	if ((u->flags & UNPACK_OVERLAY) != 0 &&
	    (name == NULL ? owner_mark(fd, e->uid, e->gid)
	                  : owner_mark_special(fd, name, e->uid, e->gid)) == 0)
		return 1;
	/* Nobody looks at the owner of a link, and it has no mode. */
	if (e->type == ENTRY_SYMLINK)
		return 0;
	unpack_warn_once(u, WARNED_OWNER, e, "its owner cannot be set by this user");
	return 0;
}

mode_t
unpack_mode(const struct unpacker *u, const struct entry *e, int owner_is_right)
{
	if (u->is_noted)
		return layer_mark_disk_mode(unpack_type(e) | e->mode) & 07777;
	return owner_is_right ? e->mode : e->mode & 01777;
}

/* ------------------------------------------------------------ what is in the way */

mode_t
unpack_type(const struct entry *e)
{
	switch (e->type) {
	case ENTRY_FILE:
		return S_IFREG;
	case ENTRY_DIR:
		return S_IFDIR;
	case ENTRY_SYMLINK:
		return S_IFLNK;
	case ENTRY_CHAR:
		return S_IFCHR;
	case ENTRY_BLOCK:
		return S_IFBLK;
	case ENTRY_FIFO:
		return S_IFIFO;
	default:
		return 0;
	}
}

int
unpack_check_users(struct unpacker *u, const char *name, const struct entry *e,
                   struct error *err)
{
	struct stat st;

	if (!(u->flags & UNPACK_USERS) ||
	    fstatat(unpack_top(u)->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode) ||
	    (st.st_mode & S_IFMT) == unpack_type(e))
		return 0;
	return error_set(err, ERR_USAGE,
	                 "%.*s: it is a device, FIFO or socket, which is not replaced",
	                 TEXT_ARG(e->path));
}

int
unpack_replace(struct unpacker *u, const char *name, const struct entry *e,
               struct error *err)
{
	if (unpack_check_users(u, name, e, err) < 0)
		return -1;
	if (unlinkat(unpack_top(u)->fd, name, 0) == 0)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return unpack_failed(e, "replace", err);
	return file_remove_tree(unpack_top(u)->fd, name, err);
}
