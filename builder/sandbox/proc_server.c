#include "builder/sandbox/proc_server.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "builder/sandbox/mount_ops.h"
#include "builder/sandbox/proc_path.h"
#include "builder/sandbox/sys.h"

#define PAGE 4096

/* The kernel's records may be longer than those of the headers. */
union notification {
	struct seccomp_notif is;
	char room[512];
};

union response {
	struct seccomp_notif_resp is;
	char room[128];
};

/* A call at hand. */
struct call {
	const struct proc_server *server;
	uint64_t id;
	pid_t tid;
	int number;
	const uint64_t *args;
	uid_t uid;                 /* whose rights count */
	gid_t gid;
	char path[PROC_PATH_MAX];  /* of ours */
	enum proc_path_kind kind;
};

/* ------------------------------------------------------------ which call */

enum action { ACT_OPEN, ACT_STAT, ACT_STATX, ACT_ACCESS, ACT_READLINK };

/* Where a call has its arguments; -1: it has none of these. */
struct shape {
	int number;
	enum action action;
	int8_t path, flags, out, size;
	int implied;               /* flags that it has by its name */
};

static const struct shape shapes[] = {
	{ SYS_openat, ACT_OPEN, 1, 2, -1, -1, 0 },
	{ SYS_newfstatat, ACT_STAT, 1, 3, 2, -1, 0 },
	{ SYS_statx, ACT_STATX, 1, 2, 4, 3, 0 },
	{ SYS_faccessat, ACT_ACCESS, 1, -1, -1, 2, 0 },
	{ SYS_faccessat2, ACT_ACCESS, 1, 3, -1, 2, 0 },
	{ SYS_readlinkat, ACT_READLINK, 1, -1, 2, 3, AT_SYMLINK_NOFOLLOW },
#ifdef SYS_open
	{ SYS_open, ACT_OPEN, 0, 1, -1, -1, 0 },
	{ SYS_stat, ACT_STAT, 0, -1, 1, -1, 0 },
	{ SYS_lstat, ACT_STAT, 0, -1, 1, -1, AT_SYMLINK_NOFOLLOW },
	{ SYS_access, ACT_ACCESS, 0, -1, -1, 1, 0 },
	{ SYS_readlink, ACT_READLINK, 0, -1, 1, 2, AT_SYMLINK_NOFOLLOW },
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
	return shape->implied | (shape->flags < 0 ? 0 : (int)c->args[shape->flags]);
}

static bool
follows(const struct shape *shape, const struct call *c)
{
	const int nofollow = shape->action == ACT_OPEN ? O_NOFOLLOW : AT_SYMLINK_NOFOLLOW;

	return (flags_of(shape, c) & nofollow) == 0;
}

/* ------------------------------------------------------------ the caller */

/* Rights on files are those of the caller, and so is what may be seen of it. */
static void
become(uid_t uid, gid_t gid)
{
	syscall(SYS_setfsgid, gid);
	syscall(SYS_setfsuid, uid);
}

static void
find_owner(struct call *c)
{
	char path[32] = "/proc/";
	struct stat st;

	fs_number((uint64_t)c->tid, 10, path + strlen(path));
	if (syscall(SYS_newfstatat, AT_FDCWD, path, &st, 0) < 0)
		return;
	c->uid = st.st_uid;
	c->gid = st.st_gid;
}

static int
open_memory(struct call *c, int flags)
{
	char path[64] = "/proc/";
	int fd = -1;

	fs_number((uint64_t)c->tid, 10, path + strlen(path));
	memcpy(path + strlen(path), "/mem", 5);
	find_owner(c);
	become(c->uid, c->gid);
	fd = sys_openat(AT_FDCWD, path, flags, 0);
	become(0, 0);
	return fd;
}

static ssize_t
peek(struct call *c, uint64_t at, void *bytes, size_t n)
{
	struct iovec ours = { bytes, n }, theirs = { (void *)(uintptr_t)at, n };
	ssize_t got = syscall(SYS_process_vm_readv, c->tid, &ours, 1, &theirs, 1, 0);
	int fd = -1;

	if (got >= 0 || errno != EPERM)
		return got;
	fd = open_memory(c, O_RDONLY);
	if (fd < 0)
		return -1;
	got = syscall(SYS_pread64, fd, bytes, n, (off_t)at);
	sys_close(fd);
	return got;
}

static int
poke(struct call *c, uint64_t at, const void *bytes, size_t n)
{
	struct iovec ours = { (void *)(uintptr_t)bytes, n };
	struct iovec theirs = { (void *)(uintptr_t)at, n };
	ssize_t put = syscall(SYS_process_vm_writev, c->tid, &ours, 1, &theirs, 1, 0);
	int fd = -1;

	if (put < 0 && errno == EPERM) {
		fd = open_memory(c, O_RDWR);
		if (fd < 0)
			return -1;
		put = syscall(SYS_pwrite64, fd, bytes, n, (off_t)at);
		sys_close(fd);
	}
	if (put == (ssize_t)n)
		return 0;
	errno = EFAULT;
	return -1;
}

/* The text at AT if it is shorter than OUT. A page may be the last one. */
static bool
peek_path(struct call *c, uint64_t at, char out[PROC_PATH_MAX])
{
	size_t n = 0;

	while (n < PROC_PATH_MAX) {
		size_t part = PAGE - (at + n) % PAGE;
		ssize_t got = 0;

		if (part > PROC_PATH_MAX - n)
			part = PROC_PATH_MAX - n;
		got = peek(c, at + n, out + n, part);
		if (got <= 0)
			return false;
		if (memchr(out + n, '\0', (size_t)got) != NULL)
			return true;
		n += (size_t)got;
	}
	return false;
}

/* ------------------------------------------------------------ answers */

/* An answer is a value, or -1 with errno. */
static int64_t
answer_open(struct call *c, int flags)
{
	const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_TRUNC | O_CREAT)) != 0;
	struct seccomp_notif_addfd add = {
		.id = c->id, .newfd_flags = (uint32_t)flags & O_CLOEXEC
	};
	int fd = -1, given = -1, saved = 0;

	if (writes && c->kind == PROC_PATH_SYSTEM) {
		errno = EROFS;
		return -1;
	}
	/* A named pipe must not make us wait for its other end. */
	fd = sys_openat(AT_FDCWD, c->path, (flags & ~(O_CREAT | O_EXCL)) | O_NOCTTY | O_NONBLOCK,
	                0);
	if (fd < 0)
		return -1;
	if ((flags & (O_NONBLOCK | O_PATH)) == 0)
		fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	add.srcfd = (uint32_t)fd;
	given = ioctl(c->server->listener_fd, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
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
	become(0, 0);
	return poke(c, c->args[shape->out], &st, sizeof st);
}

static int64_t
answer_statx(struct call *c, const struct shape *shape)
{
	struct statx st;

	if (syscall(SYS_statx, AT_FDCWD, c->path, flags_of(shape, c) & ~AT_EMPTY_PATH,
	            (unsigned)c->args[shape->size], &st) < 0)
		return -1;
	become(0, 0);
	return poke(c, c->args[shape->out], &st, sizeof st);
}

static int64_t
answer_access(const struct call *c, const struct shape *shape)
{
	const int mode = (int)c->args[shape->size];

	if ((mode & W_OK) != 0 && c->kind == PROC_PATH_SYSTEM) {
		errno = EROFS;
		return -1;
	}
	return syscall(SYS_faccessat2, AT_FDCWD, c->path, mode, AT_EACCESS);
}

/* What a link says is as we see it: with the path of the step's root before it. */
static int64_t
answer_readlink(struct call *c, const struct shape *shape)
{
	const struct proc_server *s = c->server;
	char target[PATH_MAX], *from = target;
	ssize_t n = sys_readlinkat(AT_FDCWD, c->path, target, sizeof target);
	const size_t room = (size_t)c->args[shape->size];

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
	become(0, 0);
	if ((size_t)n > room)
		n = (ssize_t)room;
	return poke(c, c->args[shape->out], from, (size_t)n) < 0 ? -1 : n;
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
	become(c->uid, c->gid);
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
	}
	saved = errno;
	become(0, 0);
	errno = saved;
	return value;
}

/* True if the call is one for us; then PATH and KIND of C are set. */
static bool
is_ours(struct call *c, const struct shape *shape)
{
	char asked[PROC_PATH_MAX];
	static const char *const ours[] = { "/proc", "/dev/" };

	if (!peek_path(c, c->args[shape->path], asked))
		return false;
	/* Nearly all calls end here. */
	if (strncmp(asked, ours[0], 5) != 0 && strncmp(asked, ours[1], 5) != 0 &&
	    (asked[0] != '/' || asked[1] != '/'))
		return false;
	c->kind = proc_path(c->server, c->tid, asked, follows(shape, c), c->path);
	return c->kind != PROC_PATH_OTHER;
}

int
proc_server_answer(const struct proc_server *s)
{
	union notification asked;
	union response told;
	struct call c = { .server = s };
	const struct shape *shape = NULL;

	memset(&asked, 0, sizeof asked);
	memset(&told, 0, sizeof told);
	if (ioctl(s->listener_fd, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0)
		return errno == ENOENT || errno == EINTR ? 0 : -1;
	c.id = told.is.id = asked.is.id;
	c.tid = (pid_t)asked.is.pid;
	c.number = asked.is.data.nr;
	c.args = (const uint64_t *)(const void *)asked.is.data.args;
	shape = shape_of(c.number);
	if (shape == NULL || !is_ours(&c, shape)) {
		told.is.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	} else {
		find_owner(&c);
		told.is.val = answer(&c, shape);
		if (told.is.val < 0) {
			told.is.error = -errno;
			told.is.val = 0;
		}
	}
	/* ENOENT: the caller is gone. */
	ioctl(s->listener_fd, SECCOMP_IOCTL_NOTIF_SEND, &told);
	return 0;
}
