#include "builder/sandbox/supervise/proc_server.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/count.h"
#include "base/missing.h"
#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/credentials.h"
#include "builder/sandbox/supervise/notify.h"
#include "builder/sandbox/supervise/proc_list.h"
#include "builder/sandbox/supervise/proc_place.h"
#include "builder/sandbox/supervise/proc_process.h"
#include "builder/sandbox/supervise/proc_status.h"

/* Longer system files are not copied. */
#define COPY_MAX ((size_t)64 << 20)

/* The call being answered. */
struct call {
	struct proc_server *server;
	struct notification asked;
	struct proc_rights rights;
	char path[PROC_PATH_MAX]; /* of ours */
	enum proc_path_kind kind;
	struct proc_place place; /* where it leads */
};

/* ------------------------------------------------------------ which call */

enum action {
	ACT_OPEN,
	ACT_STAT,
	ACT_STATX,
	ACT_ACCESS,
	ACT_READLINK,
	ACT_CHMOD,
	ACT_CHROOT
};

/* The positions of a call's arguments; -1: the call has no such argument. */
struct shape {
	int number;
	enum action action;
	int8_t path, flags, out, size;
	int implied; /* flags that the call implies */
};

static const struct shape shapes[] = {
	{ SYS_openat, ACT_OPEN, 1, 2, -1, -1, 0 },
	{ SYS_newfstatat, ACT_STAT, 1, 3, 2, -1, 0 },
	{ SYS_statx, ACT_STATX, 1, 2, 4, 3, 0 },
	{ SYS_faccessat, ACT_ACCESS, 1, -1, -1, 2, 0 },
	{ SYS_faccessat2, ACT_ACCESS, 1, 3, -1, 2, 0 },
	{ SYS_readlinkat, ACT_READLINK, 1, -1, 2, 3, AT_SYMLINK_NOFOLLOW },
	{ SYS_fchmodat, ACT_CHMOD, 1, -1, -1, 2, 0 },
	{ SYS_chroot, ACT_CHROOT, 0, -1, -1, -1, 0 },
#ifdef SYS_open
	{ SYS_open, ACT_OPEN, 0, 1, -1, -1, 0 },
	{ SYS_stat, ACT_STAT, 0, -1, 1, -1, 0 },
	{ SYS_lstat, ACT_STAT, 0, -1, 1, -1, AT_SYMLINK_NOFOLLOW },
	{ SYS_access, ACT_ACCESS, 0, -1, -1, 1, 0 },
	{ SYS_readlink, ACT_READLINK, 0, -1, 1, 2, AT_SYMLINK_NOFOLLOW },
	{ SYS_chmod, ACT_CHMOD, 0, -1, -1, 1, 0 },
#endif
};

static const struct shape *
shape_of(int number)
{
	for (size_t i = 0; i < COUNT_OF(shapes); i++)
		if (shapes[i].number == number)
			return &shapes[i];
	return NULL;
}

static int
flags_of(const struct shape *shape, const struct call *c)
{
	return shape->implied | (shape->flags < 0 ? 0 : (int)c->asked.args[shape->flags]);
}

static bool
follows(const struct shape *shape, const struct call *c)
{
	const int nofollow = shape->action == ACT_OPEN ? O_NOFOLLOW : AT_SYMLINK_NOFOLLOW;

	return (flags_of(shape, c) & nofollow) == 0;
}

/* ------------------------------------------------------------ answers */

/* In a root that is not a mount point, the kernel's tables of mounts are empty. */
static int
open_mounts(const struct call *c)
{
	static const char *const tables[][2] = {
		{ "/mounts",
		  "overlay / overlay rw,relatime 0 0\nproc /proc proc rw 0 0\n" },
		{ "/mountinfo", "1 0 0:1 / / rw,relatime - overlay overlay rw\n"
		                "2 1 0:2 / /proc rw - proc proc rw\n" },
	};
	const size_t n = strlen(c->path);

	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		const char *name = tables[i][0], *text = tables[i][1];
		int fd = -1;

		if (n < strlen(name) || strcmp(c->path + n - strlen(name), name) != 0)
			continue;
		fd = (int)syscall(SYS_memfd_create, "mounts", MFD_CLOEXEC);
		if (fd >= 0)
			syscall(SYS_pwrite64, fd, text, strlen(text), 0);
		return fd;
	}
	return -1;
}

/* The current state: any process with a descriptor of the file may change its mode. */
static int
copy_file(const char *name)
{
	char bytes[4096];
	const int from = sys_openat(AT_FDCWD, name, O_RDONLY | O_NONBLOCK, 0);
	int to = from < 0 ? -1 : (int)syscall(SYS_memfd_create, "proc", MFD_CLOEXEC);
	size_t size = 0;
	ssize_t n = 0;

	while (to >= 0 && size < COPY_MAX &&
	       (n = sys_read(from, bytes, sizeof bytes)) > 0)
		if (syscall(SYS_pwrite64, to, bytes, (size_t)n, size) == n)
			size += (size_t)n;
		else
			n = -1;
	if (to >= 0 && n != 0) {
		const int saved = n > 0 ? EFBIG : errno;

		sys_close(to);
		errno = saved;
		to = -1;
	}
	if (from >= 0)
		sys_close(from);
	return to;
}

/* The emulated ids of the process that the file of C is about, NULL if there are none. */
static const struct credentials *
ids_of(const struct call *c)
{
	const struct notification process = { .tid = proc_number(c->path + 6) };

	if (c->server->ids == NULL || c->kind != PROC_PATH_OWN)
		return NULL;
	return credentials_of(c->server->ids, &process);
}

static bool
is_status(const struct call *c)
{
	const char *slash = strrchr(c->path, '/');

	return slash != NULL && strcmp(slash, "/status") == 0;
}

/* Files that the kernel fills in as if the step had no root or ids of its own. */
static int
open_written(const struct call *c, const char *name)
{
	const struct credentials *ids = ids_of(c);

	if (ids != NULL && is_status(c))
		return proc_status_open(name, ids);
	return open_mounts(c);
}

/* A named pipe must not make us wait for its other end. */
static int
open_again(const struct call *c, int flags)
{
	char link[PROC_PLACE_NAME];
	const char *name = proc_place_name(c->place.fd, link);
	struct stat st;
	int fd = -1;

	if ((flags & O_PATH) != 0 && c->place.kind == PROC_PLACE_ITS_OWN)
		return fcntl(c->place.fd, F_DUPFD_CLOEXEC, 0);
	if (c->place.kind == PROC_PLACE_COPIED)
		return copy_file(name);
	if (c->kind == PROC_PATH_OWN && (flags & O_ACCMODE) == O_RDONLY)
		fd = open_written(c, name);
	if (c->place.kind == PROC_PLACE_DEVICE && sys_fstat(c->place.fd, &st) == 0 &&
	    st.st_rdev == makedev(5, 0))
		return proc_place_open_terminal(c->server, c->asked.tid, flags);
	if (fd < 0)
		fd = sys_openat(AT_FDCWD, name,
		                (flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW)) | O_NOCTTY |
		                        O_NONBLOCK,
		                0);
	if (fd >= 0 && (flags & (O_NONBLOCK | O_PATH)) == 0)
		fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	return fd;
}

/* 0, or the reason why the place cannot be opened. */
static int
why_not(const struct call *c, int flags)
{
	const bool writes = (flags & O_ACCMODE) != O_RDONLY ||
	                    (flags & (O_TRUNC | O_CREAT)) != 0;
	const enum proc_place_kind kind = c->place.kind;

	if (kind == PROC_PLACE_CLOSED)
		return EACCES;
	if ((flags & O_TMPFILE) == O_TMPFILE)
		return EOPNOTSUPP;
	if (kind == PROC_PLACE_LISTED)
		return writes ? EISDIR : 0;
	if (kind == PROC_PLACE_COPIED && (flags & O_DIRECTORY) != 0)
		return ENOTDIR;
	return writes && kind == PROC_PLACE_COPIED ? EROFS : 0;
}

/* An answer is a value, or -1 with errno. */
static int64_t
answer_open(struct call *c, int flags)
{
	int fd = -1, given = -1, saved = why_not(c, flags);

	if (saved != 0) {
		errno = saved;
		return -1;
	}
	fd = c->place.kind == PROC_PLACE_LISTED
	             ? proc_list_open(c->server, &c->place, c->asked.tid, &c->rights,
	                              flags)
	             : open_again(c, flags);
	if (fd < 0)
		return -1;
	given = notify_give(&c->asked, fd, (flags & O_CLOEXEC) != 0);
	saved = errno;
	sys_close(fd);
	errno = saved;
	return given;
}

/* The owner of the file of C in /proc, where ids are emulated: that of its process, or
 * root. */
static void
show_owner(const struct call *c, uint32_t *uid, uint32_t *gid)
{
	const struct credentials *ids = ids_of(c);

	if (c->server->ids == NULL)
		return;
	*uid = ids == NULL ? 0 : ids->uid[ROLE_EFFECTIVE];
	*gid = ids == NULL ? 0 : ids->gid[ROLE_EFFECTIVE];
}

static int64_t
answer_stat(struct call *c, const struct shape *shape)
{
	struct stat st;

	if (sys_fstat(c->place.fd, &st) < 0)
		return -1;
	show_owner(c, &st.st_uid, &st.st_gid);
	notify_act_as_self();
	return notify_poke(&c->asked, c->asked.args[shape->out], &st, sizeof st);
}

static int64_t
answer_statx(struct call *c, const struct shape *shape)
{
	const int flags = flags_of(shape, c) & ~AT_SYMLINK_NOFOLLOW;
	struct statx st;

	if (syscall(SYS_statx, c->place.fd, "", flags | AT_EMPTY_PATH,
	            (unsigned)c->asked.args[shape->size], &st) < 0)
		return -1;
	show_owner(c, &st.stx_uid, &st.stx_gid);
	notify_act_as_self();
	return notify_poke(&c->asked, c->asked.args[shape->out], &st, sizeof st);
}

/* faccessat2() with our current ids; before Linux 5.8, opening the file tells. */
static int
try_access(const char *path, int mode)
{
	const int how = (mode & W_OK) == 0   ? O_RDONLY
	                : (mode & R_OK) == 0 ? O_WRONLY
	                                     : O_RDWR;
	int result = (int)syscall(SYS_faccessat2, AT_FDCWD, path, mode, AT_EACCESS),
	    fd = -1;

	if (result == 0 || !call_is_missing(errno))
		return result;
	if ((mode & (R_OK | W_OK)) == 0)
		return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
	fd = sys_openat(AT_FDCWD, path, how | O_NONBLOCK | O_NOCTTY, 0);
	if (fd >= 0)
		sys_close(fd);
	return fd < 0 ? -1 : 0;
}

static int64_t
answer_access(const struct call *c, const struct shape *shape)
{
	const int mode = (int)c->asked.args[shape->size];
	char link[PROC_PLACE_NAME];

	if (mode != F_OK && c->place.kind == PROC_PLACE_CLOSED) {
		errno = EACCES;
		return -1;
	}
	if ((mode & W_OK) != 0 &&
	    (c->place.kind == PROC_PLACE_COPIED || c->place.kind == PROC_PLACE_LISTED)) {
		errno = EROFS;
		return -1;
	}
	return try_access(proc_place_name(c->place.fd, link), mode);
}

/* C libraries change the mode of what a link is by the name of its descriptor. */
static int64_t
answer_chmod(const struct call *c, const struct shape *shape)
{
	char link[PROC_PLACE_NAME];

	if (c->place.kind != PROC_PLACE_ITS_OWN) {
		errno = c->place.kind == PROC_PLACE_CLOSED ? EACCES : EROFS;
		return -1;
	}
	return syscall(SYS_fchmodat, AT_FDCWD, proc_place_name(c->place.fd, link),
	               (mode_t)c->asked.args[shape->size]);
}

/* We see the link's text with the path of the step's root before it. */
static int64_t
answer_readlink(struct call *c, const struct shape *shape)
{
	char target[PATH_MAX];
	ssize_t n = (ssize_t)proc_self_link(c->path, c->asked.tid, target);
	const size_t room = (size_t)c->asked.args[shape->size];

	if (n == 0)
		n = sys_readlinkat(c->place.fd, "", target, sizeof target);
	if (n < 0) {
		errno = errno == ENOENT ? EINVAL : errno;
		return -1;
	}
	n = (ssize_t)proc_place_name_inside(c->server, target, (size_t)n);
	notify_act_as_self();
	if ((size_t)n > room)
		n = (ssize_t)room;
	return notify_poke(&c->asked, c->asked.args[shape->out], target, (size_t)n) < 0
	               ? -1
	               : n;
}

static int64_t
answer_place(struct call *c, const struct shape *shape)
{
	switch (shape->action) {
	case ACT_OPEN:
		return answer_open(c, flags_of(shape, c));
	case ACT_STAT:
		return answer_stat(c, shape);
	case ACT_STATX:
		return answer_statx(c, shape);
	case ACT_ACCESS:
		return answer_access(c, shape);
	case ACT_READLINK:
		return answer_readlink(c, shape);
	case ACT_CHMOD:
		return answer_chmod(c, shape);
	case ACT_CHROOT:
		break;
	}
	errno = ENOSYS;
	return -1;
}

static int64_t
answer(struct call *c, const struct shape *shape)
{
	int64_t value = -1;
	int saved = 0;

	if (c->kind == PROC_PATH_NONE) {
		errno = ENOENT;
		return -1;
	}
	if (!notify_act_as(&c->rights))
		errno = EACCES;
	else if (proc_place_open(c->server, c->asked.tid, c->kind, c->path,
	                         follows(shape, c), &c->place) == 0)
		value = answer_place(c, shape);
	saved = errno;
	notify_act_as_self();
	if (c->place.fd >= 0)
		sys_close(c->place.fd);
	errno = saved;
	return value;
}

/* True if the call is one for us; then PATH and KIND of C are set. */
static bool
is_ours(struct call *c, const struct shape *shape)
{
	char asked[PROC_PATH_MAX];
	static const char *const ours[] = { "/proc", "/dev/" };

	if (!notify_peek_text(&c->asked, c->asked.args[shape->path], asked, sizeof asked))
		return false;
	/* Nearly all calls end here. */
	if (strncmp(asked, ours[0], 5) != 0 && strncmp(asked, ours[1], 5) != 0 &&
	    (asked[0] != '/' || asked[1] != '/'))
		return false;
	c->kind = proc_path(c->server, c->asked.tid, asked, follows(shape, c), c->path);
	return c->kind != PROC_PATH_OTHER;
}

/* True if the root that C requests is its current one; all processes of a step have the
 * same root. */
static bool
keeps_root(struct call *c, const struct shape *shape)
{
	char path[PROC_PATH_MAX], link[PROC_PATH_MAX], cwd[PATH_MAX];
	ssize_t n = 0;

	if (!proc_rights(c->asked.tid, &c->rights) || c->rights.uid != 0 ||
	    !notify_peek_text(&c->asked, c->asked.args[shape->path], path, sizeof path) ||
	    path[0] == '\0' || path[strspn(path, "/.")] != '\0' ||
	    strstr(path, "..") != NULL)
		return false;
	if (path[0] == '/')
		return true;
	digits_of((uint64_t)c->asked.tid, 10, link);
	memcpy(link + strlen(link), "/cwd", 5);
	n = sys_readlinkat(c->server->proc_fd, link, cwd, sizeof cwd);
	return n == (ssize_t)c->server->tree_n &&
	       memcmp(cwd, c->server->tree, (size_t)n) == 0;
}

bool
proc_server_answer(struct proc_server *s, const struct notification *a)
{
	struct call c = { .server = s, .asked = *a, .place = { .fd = -1 } };
	const struct shape *shape = shape_of(a->number);

	if (shape == NULL)
		return false;
	if (shape->action == ACT_CHROOT) {
		if (!keeps_root(&c, shape))
			return false;
		notify_answer(a, 0);
		return true;
	}
	/* The rights are certainly the caller's only while it waits. */
	if (!is_ours(&c, shape) || !proc_rights(a->tid, &c.rights) ||
	    !notify_is_current(a))
		return false;
	notify_answer(a, answer(&c, shape));
	return true;
}

bool
proc_server_answer_path(struct proc_server *s, const struct notification *a,
                        const char *path)
{
	struct call c = { .server = s, .asked = *a, .place = { .fd = -1 } };
	const struct shape *shape = shape_of(a->number);

	if (shape == NULL || shape->action == ACT_CHROOT)
		return false;
	c.kind = proc_path(s, a->tid, path, follows(shape, &c), c.path);
	if (c.kind == PROC_PATH_OTHER || !proc_rights(a->tid, &c.rights) ||
	    !notify_is_current(a))
		return false;
	notify_answer(a, answer(&c, shape));
	return true;
}

int
proc_server_open(struct proc_server *s, const struct notification *a, const char *path,
                 struct proc_place *out)
{
	char ours[PROC_PATH_MAX];
	const enum proc_path_kind kind = proc_path(s, a->tid, path, true, ours);

	if (kind != PROC_PATH_OWN && kind != PROC_PATH_SYSTEM) {
		errno = ENOENT;
		return -1;
	}
	return proc_place_open(s, a->tid, kind, ours, true, out);
}
