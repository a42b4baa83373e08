#include "builder/sandbox/supervise/owner_server.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/count.h"
#include "builder/sandbox/inside/caps.h"
#include "builder/sandbox/inside/filter_install.h"
#include "builder/sandbox/inside/owner_note.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/owner_place.h"

/* ------------------------------------------------------------ calls */

enum action {
	ACT_STAT,
	ACT_STATX,
	ACT_CHOWN,
	ACT_OPEN,
	ACT_MKDIR,
	ACT_MKNOD,
	ACT_SYMLINK,
	ACT_EXEC,
	ACT_CHROOT,
};

/* The positions of a call's arguments; -1: the call has no such argument. */
struct shape {
	int number;
	enum action action;
	int8_t dir, path, flags, value; /* value: stat's buffer, owner, mode, link text */
	int implied;                    /* flags that the call implies */
};

#define BY_FD AT_EMPTY_PATH

static const struct shape shapes[] = {
	{ SYS_newfstatat, ACT_STAT, 0, 1, 3, 2, 0 },
	{ SYS_fstat, ACT_STAT, 0, -1, -1, 1, BY_FD },
	{ SYS_statx, ACT_STATX, 0, 1, 2, 4, 0 },
	{ SYS_fchownat, ACT_CHOWN, 0, 1, 4, 2, 0 },
	{ SYS_fchown, ACT_CHOWN, 0, -1, -1, 1, BY_FD },
	{ SYS_openat, ACT_OPEN, 0, 1, 2, 3, 0 },
	{ SYS_mkdirat, ACT_MKDIR, 0, 1, -1, 2, 0 },
	{ SYS_mknodat, ACT_MKNOD, 0, 1, -1, 2, 0 },
	{ SYS_symlinkat, ACT_SYMLINK, 1, 2, -1, 0, 0 },
	{ SYS_execve, ACT_EXEC, -1, 0, -1, -1, 0 },
	{ SYS_execveat, ACT_EXEC, 0, 1, 4, -1, 0 },
	{ SYS_chroot, ACT_CHROOT, -1, 0, -1, -1, 0 },
#ifdef SYS_open
	{ SYS_stat, ACT_STAT, -1, 0, -1, 1, 0 },
	{ SYS_lstat, ACT_STAT, -1, 0, -1, 1, AT_SYMLINK_NOFOLLOW },
	{ SYS_chown, ACT_CHOWN, -1, 0, -1, 1, 0 },
	{ SYS_lchown, ACT_CHOWN, -1, 0, -1, 1, AT_SYMLINK_NOFOLLOW },
	{ SYS_open, ACT_OPEN, -1, 0, 1, 2, 0 },
	{ SYS_creat, ACT_OPEN, -1, 0, -1, 1, O_CREAT | O_WRONLY | O_TRUNC },
	{ SYS_mkdir, ACT_MKDIR, -1, 0, -1, 1, 0 },
	{ SYS_mknod, ACT_MKNOD, -1, 0, -1, 1, 0 },
	{ SYS_symlink, ACT_SYMLINK, -1, 1, -1, 0, 0 },
#endif
};

struct call {
	struct owner_server *server;
	struct notification asked;
	const struct shape *shape;
	int flags;
	struct owner_place place;
};

static const struct shape *
shape_of(int number)
{
	for (size_t i = 0; i < COUNT_OF(shapes); i++)
		if (shapes[i].number == number)
			return &shapes[i];
	return NULL;
}

static uint64_t
arg(const struct call *c, int8_t i)
{
	return i < 0 ? 0 : c->asked.args[i];
}

/* O_TMPFILE makes a file without a name; the path is that of its directory. */
static bool
is_nameless(const struct call *c)
{
	return c->shape->action == ACT_OPEN && (c->flags & O_TMPFILE) == O_TMPFILE;
}

static int
enter_place(struct call *c)
{
	const enum action action = c->shape->action;
	const bool nameless = is_nameless(c);
	const struct owner_place_query query = {
		.asked = &c->asked,
		.dir_fd = c->shape->dir < 0 ? AT_FDCWD : (int)arg(c, c->shape->dir),
		.has_path = c->shape->path >= 0,
		.path_at = arg(c, c->shape->path),
		.flags = action == ACT_OPEN ? 0 : c->flags,
		.is_new = (action == ACT_OPEN && !nameless) || action == ACT_MKDIR ||
		          action == ACT_MKNOD || action == ACT_SYMLINK,
		.is_dir = action == ACT_MKDIR,
		.changes = action == ACT_CHOWN || nameless,
		.roots_differ = c->server->roots_differ,
		.proc_is_shared = c->server->proc_is_shared,
	};

	return owner_place_enter(&c->place, &query);
}

/* ------------------------------------------------------------ looking */

/* The kernel lets those who may look into other processes follow links of /proc into
 * them. We may, the caller may not. */
static void
look_as_caller(bool begins)
{
	const int saved = errno;

	caps_use(begins ? CAPS_ALL & ~(UINT64_C(1) << CAP_SYS_PTRACE) : CAPS_ALL);
	errno = saved;
}

static int
look(const struct call *c, struct stat *st)
{
	int result = -1;

	look_as_caller(true);
	result = (int)syscall(SYS_newfstatat, AT_FDCWD, c->place.path, st,
	                      c->place.nofollow ? AT_SYMLINK_NOFOLLOW : 0);
	look_as_caller(false);
	return result;
}

/* ------------------------------------------------------------ stat */

static int64_t
answer_stat(struct call *c)
{
	struct owner owner;
	struct stat st;

	if (look(c, &st) < 0)
		return -1;
	owner_note_read(c->place.path, c->place.nofollow, &st, &owner);
	st.st_uid = owner.uid;
	st.st_gid = owner.gid;
	return notify_poke(&c->asked, arg(c, c->shape->value), &st, sizeof st);
}

static int64_t
answer_statx(struct call *c)
{
	const int flags = (c->flags & ~AT_EMPTY_PATH & ~AT_SYMLINK_NOFOLLOW) |
	                  (c->place.nofollow ? AT_SYMLINK_NOFOLLOW : 0);
	struct owner owner;
	struct stat basic = { 0 };
	struct statx st;

	if (syscall(SYS_statx, AT_FDCWD, c->place.path, flags,
	            (unsigned)c->asked.args[3] | STATX_TYPE | STATX_UID | STATX_GID,
	            &st) < 0)
		return -1;
	basic.st_mode = st.stx_mode;
	basic.st_uid = st.stx_uid;
	basic.st_gid = st.stx_gid;
	owner_note_read(c->place.path, c->place.nofollow, &basic, &owner);
	st.stx_uid = owner.uid;
	st.stx_gid = owner.gid;
	return notify_poke(&c->asked, arg(c, c->shape->value), &st, sizeof st);
}

/* ------------------------------------------------------------ chown */

/* The directory of PATH. */
static void
parent_of(const char *path, char out[PATH_MAX])
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	memcpy(out, n == 0 ? "." : path, n == 0 ? 1 : n);
	out[n == 0 ? 1 : n] = '\0';
}

static int64_t
answer_chown(struct call *c)
{
	const uint32_t uid = (uint32_t)arg(c, c->shape->value);
	const uint32_t gid = (uint32_t)arg(c, (int8_t)(c->shape->value + 1));
	const struct credentials *who = credentials_of(&c->server->credentials,
	                                               &c->asked);
	struct owner owner;
	struct stat st;

	if (look(c, &st) < 0)
		return -1;
	owner_note_read(c->place.path, c->place.nofollow, &st, &owner);
	if (!credentials_may_chown(who, owner.uid, owner.gid, uid, gid)) {
		errno = EPERM;
		return -1;
	}
	/* The real call is made, too, for its side effects: copying up, clearing set-id
	 * bits. */
	if (syscall(SYS_fchownat, AT_FDCWD, c->place.path, 0, 0,
	            c->place.nofollow ? AT_SYMLINK_NOFOLLOW : 0) < 0 ||
	    look(c, &st) < 0)
		return -1;
	if (uid != UINT32_MAX)
		owner.uid = uid;
	if (gid != UINT32_MAX)
		owner.gid = gid;
	return owner_note_write(c->place.path, c->place.nofollow, &st, &owner);
}

/* ------------------------------------------------------------ what is new */

/* The owner of a new entry at the path; false if that is root. */
static bool
new_owner(struct call *c, struct owner *out)
{
	const struct credentials *who = credentials_of(&c->server->credentials,
	                                               &c->asked);
	char dir[PATH_MAX];
	struct owner owner;
	struct stat st;

	out->uid = who->uid[ROLE_FILES];
	out->gid = who->gid[ROLE_FILES];
	if (is_nameless(c))
		memcpy(dir, c->place.path, strlen(c->place.path) + 1);
	else
		parent_of(c->place.path, dir);
	if (syscall(SYS_newfstatat, AT_FDCWD, dir, &st, 0) == 0 &&
	    (st.st_mode & S_ISGID) != 0) {
		owner_note_read(dir, false, &st, &owner);
		out->gid = owner.gid;
	}
	return out->uid != 0 || out->gid != 0;
}

static mode_t
mask_of(const struct call *c)
{
	char text[1024];
	int fd = notify_open_proc(&c->asked, "status", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : sys_read(fd, text, sizeof text - 1);
	mode_t mask = 0;
	const char *p = NULL;

	if (fd >= 0)
		sys_close(fd);
	text[n < 0 ? 0 : n] = '\0';
	p = strstr(text, "\nUmask:");
	if (p == NULL)
		return 022;
	for (p += 7; *p == '\t' || *p == ' '; p++)
		continue;
	for (; *p >= '0' && *p <= '7'; p++)
		mask = mask * 8 + (mode_t)(*p - '0');
	return mask;
}

static int
note_new(struct call *c, struct owner *owner)
{
	struct stat st;

	c->place.nofollow = true;
	if (look(c, &st) < 0)
		return -1;
	return owner_note_write(c->place.path, true, &st, owner);
}

/* A file without a name, in a directory that is the place: it may get one. */
static int
open_nameless(struct call *c, mode_t mode, const struct owner *owner)
{
	int fd = sys_openat(AT_FDCWD, c->place.path, c->flags | O_NOCTTY, mode);

	if (fd >= 0)
		owner_note_write_fd(fd, owner);
	return fd;
}

/* 1 with *VALUE, which is -1, set, or 0: the caller may do it itself. */
static int
answer_open(struct call *c, int64_t *value)
{
	const mode_t mode = (mode_t)arg(c, c->shape->value) & 07777 & ~mask_of(c);
	const bool nameless = is_nameless(c);
	struct owner owner = { 0 };
	int fd = -1;

	if (((c->flags & O_CREAT) == 0 && !nameless) || !new_owner(c, &owner))
		return 0;
	/* A process that did not open the file itself could not name it without /proc. */
	if (nameless && c->server->has_no_proc) {
		errno = EOPNOTSUPP;
		return 1;
	}
	fd = nameless ? open_nameless(c, mode, &owner)
	              : sys_openat(AT_FDCWD, c->place.path, c->flags | O_EXCL | O_NOCTTY,
	                           mode);
	/* It exists, or it cannot be made, or it names a descriptor of the caller: then
	 * the caller must try itself. */
	if (fd < 0)
		return 0;
	if (!nameless)
		note_new(c, &owner);
	*value = notify_give(&c->asked, fd, (c->flags & O_CLOEXEC) != 0);
	sys_close(fd);
	return 1;
}

static int
answer_new(struct call *c, int64_t *value)
{
	struct owner owner = { 0 };
	const mode_t mode = (mode_t)arg(c, c->shape->value);
	char target[PATH_MAX];

	if (!new_owner(c, &owner))
		return 0;
	if (c->shape->action == ACT_MKDIR)
		*value = sys_mkdirat(AT_FDCWD, c->place.path, mode & 07777 & ~mask_of(c));
	else if (c->shape->action == ACT_MKNOD)
		*value = sys_mknodat(AT_FDCWD, c->place.path, mode & ~mask_of(c),
		                     (dev_t)arg(c, (int8_t)(c->shape->value + 1)));
	else if (notify_peek_text(&c->asked, arg(c, c->shape->value), target,
	                          sizeof target))
		*value = sys_symlinkat(target, AT_FDCWD, c->place.path);
	else
		errno = EFAULT;
	if (*value == 0)
		note_new(c, &owner);
	return 1;
}

/* ------------------------------------------------------------ exec */

/* Programs with a set-id bit give the caller the identity of their owner. */
static void
before_exec(struct call *c)
{
	const struct credentials *now = credentials_of(&c->server->credentials,
	                                               &c->asked);
	struct credentials then = *now;
	struct owner owner;
	struct stat st;

	if (look(c, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (st.st_mode & (S_ISUID | S_ISGID)) == 0)
		return;
	owner_note_read(c->place.path, c->place.nofollow, &st, &owner);
	credentials_execute(&then, st.st_mode, owner.uid, owner.gid);
	if (memcmp(now, &then, sizeof then) != 0)
		credentials_set(&c->server->credentials, &c->asked, &then);
}

/* ------------------------------------------------------------ all */

/* 1 with *VALUE set, or 0. */
static int
answer(struct call *c, int64_t *value)
{
	switch (c->shape->action) {
	case ACT_STAT:
		*value = answer_stat(c);
		return *value < 0 ? 0 : 1;
	case ACT_STATX:
		*value = answer_statx(c);
		return *value < 0 ? 0 : 1;
	case ACT_CHOWN:
		*value = answer_chown(c);
		return 1;
	case ACT_OPEN:
		return answer_open(c, value);
	case ACT_MKDIR:
	case ACT_MKNOD:
	case ACT_SYMLINK:
		return answer_new(c, value);
	case ACT_EXEC:
		before_exec(c);
		return 0;
	case ACT_CHROOT:
		c->server->roots_differ = true;
		return 0;
	}
	return 0;
}

void
owner_server_answer(struct owner_server *s, struct notification *a)
{
	struct call c = { .server = s,
		          .asked = *a,
		          .shape = shape_of(a->number),
		          .place = { .held_fd = -1 } };
	int64_t value = -1;

	if (credentials_answer(&s->credentials, a) > 0)
		return;
	if (c.shape != NULL)
		c.flags = c.shape->implied | (int)arg(&c, c.shape->flags);
	/* If we cannot look at the file, the kernel decides. */
	if (c.shape == NULL || enter_place(&c) < 0 || answer(&c, &value) == 0)
		notify_let(&c.asked);
	else
		notify_answer(&c.asked, value);
	owner_place_leave(&c.place);
}

void
owner_server_begin(struct owner_server *s, uint32_t uid, uint32_t gid,
                   const uint32_t *groups, uint32_t n)
{
	credentials_begin(&s->credentials, uid, gid, groups, n);
}

int
owner_server_try(void)
{
	const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	int status = 0;
	const pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		sys_exit(syscall(SYS_chroot, "/") < 0 ||
		                         filter_install_notify(&allow, 1) < 0
		                 ? errno
		                 : 0);
	}
	if (pid < 0 || syscall(SYS_wait4, pid, &status, __WALL, NULL) != pid)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}
