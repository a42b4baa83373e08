#include "builder/sandbox/proc_server.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "builder/sandbox/ask.h"
#include "builder/sandbox/mount_ops.h"
#include "builder/sandbox/proc_path.h"
#include "builder/sandbox/sys.h"

#define NOBODY 65534

/* A call at hand. */
struct call {
	const struct proc_server *server;
	struct asked asked;
	uid_t uid; /* whose rights on files count */
	gid_t gid;
	char path[PROC_PATH_MAX]; /* of ours */
	enum proc_path_kind kind;
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

/* Where a call has its arguments; -1: it has none of these. */
struct shape {
	int number;
	enum action action;
	int8_t path, flags, out, size;
	int implied; /* flags that it has by its name */
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
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
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

/* The kernel's tables of mounts are empty in a root that is none. */
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

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
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

/* An answer is a value, or -1 with errno. */
static int64_t
answer_open(struct call *c, int flags)
{
	const bool writes = (flags & O_ACCMODE) != O_RDONLY ||
	                    (flags & (O_TRUNC | O_CREAT)) != 0;
	int fd = -1, given = -1, saved = 0;

	if (writes && c->kind == PROC_PATH_SYSTEM) {
		errno = EROFS;
		return -1;
	}
	if (c->kind == PROC_PATH_OWN && !writes)
		fd = open_mounts(c);
	/* A named pipe must not make us wait for its other end. */
	if (fd < 0)
		fd = sys_openat(AT_FDCWD, c->path,
		                (flags & ~(O_CREAT | O_EXCL)) | O_NOCTTY | O_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if ((flags & (O_NONBLOCK | O_PATH)) == 0)
		fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	given = ask_give(&c->asked, fd, (flags & O_CLOEXEC) != 0);
	saved = errno;
	sys_close(fd);
	errno = saved;
	return given;
}

static int64_t
answer_stat(struct call *c, const struct shape *shape)
{
	struct stat st;

	if (syscall(SYS_newfstatat, AT_FDCWD, c->path, &st,
	            flags_of(shape, c) & AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	ask_become(0, 0);
	return ask_poke(&c->asked, c->asked.args[shape->out], &st, sizeof st);
}

static int64_t
answer_statx(struct call *c, const struct shape *shape)
{
	struct statx st;

	if (syscall(SYS_statx, AT_FDCWD, c->path, flags_of(shape, c) & ~AT_EMPTY_PATH,
	            (unsigned)c->asked.args[shape->size], &st) < 0)
		return -1;
	ask_become(0, 0);
	return ask_poke(&c->asked, c->asked.args[shape->out], &st, sizeof st);
}

/* faccessat2() as we are now; before Linux 5.8 opening it tells. */
static int
try_access(const char *path, int mode)
{
	const int how = (mode & W_OK) == 0   ? O_RDONLY
	                : (mode & R_OK) == 0 ? O_WRONLY
	                                     : O_RDWR;
	int result = (int)syscall(SYS_faccessat2, AT_FDCWD, path, mode, AT_EACCESS),
	    fd = -1;

	if (result == 0 || (errno != ENOSYS && errno != EPERM))
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

	if ((mode & W_OK) != 0 && c->kind == PROC_PATH_SYSTEM) {
		errno = EROFS;
		return -1;
	}
	return try_access(c->path, mode);
}

/* C libraries change the mode of what a link is by the name of its descriptor. */
static int64_t
answer_chmod(const struct call *c, const struct shape *shape)
{
	if (c->kind == PROC_PATH_SYSTEM) {
		errno = EROFS;
		return -1;
	}
	return syscall(SYS_fchmodat, AT_FDCWD, c->path,
	               (mode_t)c->asked.args[shape->size]);
}

static size_t
add(char *out, size_t n, const char *text)
{
	const size_t length = strlen(text);

	memcpy(out + n, text, length);
	return n + length;
}

/* /proc/self and /proc/thread-self are another link to each who reads them. 0: it is
 * none of these. */
static size_t
read_self(const struct call *c, char *out)
{
	const bool of_thread = strcmp(c->path, "/proc/thread-self") == 0;
	char digits[24];
	size_t n = 0;

	if (!of_thread && strcmp(c->path, "/proc/self") != 0)
		return 0;
	n = add(out, 0, fs_number((uint64_t)proc_of_thread(c->asked.tid), 10, digits));
	if (!of_thread)
		return n;
	n = add(out, n, "/task/");
	return add(out, n, fs_number((uint64_t)c->asked.tid, 10, digits));
}

/* What a link says is as we see it: with the path of the step's root before it. */
static int64_t
answer_readlink(struct call *c, const struct shape *shape)
{
	const struct proc_server *s = c->server;
	char target[PATH_MAX], *from = target;
	ssize_t n = (ssize_t)read_self(c, target);
	const size_t room = (size_t)c->asked.args[shape->size];

	if (n == 0)
		n = sys_readlinkat(AT_FDCWD, c->path, target, sizeof target);
	if (n < 0)
		return -1;
	if ((size_t)n >= s->tree_n && memcmp(target, s->tree, s->tree_n) == 0 &&
	    ((size_t)n == s->tree_n || target[s->tree_n] == '/')) {
		from += s->tree_n;
		n -= (ssize_t)s->tree_n;
		if (n == 0) {
			target[0] = '/';
			from = target;
			n = 1;
		}
	}
	ask_become(0, 0);
	if ((size_t)n > room)
		n = (ssize_t)room;
	return ask_poke(&c->asked, c->asked.args[shape->out], from, (size_t)n) < 0 ? -1
	                                                                           : n;
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
	ask_become(c->uid, c->gid);
	switch (shape->action) {
	case ACT_OPEN:
		value = answer_open(c, flags_of(shape, c));
		break;
	case ACT_STAT:
		value = answer_stat(c, shape);
		break;
	case ACT_STATX:
		value = answer_statx(c, shape);
		break;
	case ACT_ACCESS:
		value = answer_access(c, shape);
		break;
	case ACT_READLINK:
		value = answer_readlink(c, shape);
		break;
	case ACT_CHMOD:
		value = answer_chmod(c, shape);
		break;
	case ACT_CHROOT:
		break;
	}
	saved = errno;
	ask_become(0, 0);
	errno = saved;
	return value;
}

/* True if the call is one for us; then PATH and KIND of C are set. */
static bool
is_ours(struct call *c, const struct shape *shape)
{
	char asked[PROC_PATH_MAX];
	static const char *const ours[] = { "/proc", "/dev/" };

	if (!ask_peek_text(&c->asked, c->asked.args[shape->path], asked, sizeof asked))
		return false;
	/* Nearly all calls end here. */
	if (strncmp(asked, ours[0], 5) != 0 && strncmp(asked, ours[1], 5) != 0 &&
	    (asked[0] != '/' || asked[1] != '/'))
		return false;
	c->kind = proc_path(c->server, c->asked.tid, asked, follows(shape, c), c->path);
	return c->kind != PROC_PATH_OTHER;
}

/* True: the root that C asks for is the one that it has; nobody of the step has another.
 */
static bool
keeps_root(struct call *c, const struct shape *shape)
{
	char path[PROC_PATH_MAX], link[PROC_PATH_MAX], cwd[PATH_MAX];
	ssize_t n = 0;

	if (!proc_rights(c->asked.tid, &c->uid, &c->gid) || c->uid != 0 ||
	    !ask_peek_text(&c->asked, c->asked.args[shape->path], path, sizeof path) ||
	    path[0] == '\0' || path[strspn(path, "/.")] != '\0' ||
	    strstr(path, "..") != NULL)
		return false;
	if (path[0] == '/')
		return true;
	fs_number((uint64_t)c->asked.tid, 10, link);
	link[add(link, strlen(link), "/cwd")] = '\0';
	n = sys_readlinkat(c->server->proc_fd, link, cwd, sizeof cwd);
	return n == (ssize_t)c->server->tree_n &&
	       memcmp(cwd, c->server->tree, (size_t)n) == 0;
}

int
proc_server_answer(const struct proc_server *s)
{
	struct call c = { .server = s };
	const struct shape *shape = NULL;
	int received = ask_receive(s->listener_fd, s->proc_fd, &c.asked);

	if (received <= 0)
		return received;
	shape = shape_of(c.asked.number);
	if (shape != NULL && shape->action == ACT_CHROOT && keeps_root(&c, shape)) {
		ask_answer(&c.asked, 0);
		return 0;
	}
	if (shape == NULL || shape->action == ACT_CHROOT || !is_ours(&c, shape)) {
		ask_let(&c.asked);
		return 0;
	}
	/* Not those of the owner that /proc shows: that may be root, for a process that
	 * may not be looked into. */
	if (!proc_rights(c.asked.tid, &c.uid, &c.gid))
		c.uid = c.gid = NOBODY;
	ask_answer(&c.asked, answer(&c, shape));
	return 0;
}
