/*
 * Answers about addresses of sockets: a local one may be a path. The caller is made to use
 * the path of a descriptor of its directory instead.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/proc_place.h"
#include "builder/sandbox/trap/trap_place.h"

/* The address of a call. */
struct address {
	struct sockaddr_un is;
	size_t n;
};

/* Reads the address; false with errno. */
static bool
read_address(struct trap_call *c, uint64_t at, uint64_t n, struct address *out)
{
	memset(out, 0, sizeof *out);
	if (n > sizeof out->is) {
		/* Longer ones are of other families. */
		out->is.sun_family = AF_UNSPEC;
		return true;
	}
	out->n = (size_t)n;
	if (n == 0 || notify_peek(c->asked, at, &out->is, out->n) == (ssize_t)n)
		return true;
	errno = EFAULT;
	return false;
}

static bool
is_path(const struct address *a)
{
	return a->is.sun_family == AF_UNIX &&
	       a->n > offsetof(struct sockaddr_un, sun_path) && a->is.sun_path[0] != '\0';
}

/* "/proc/self/fd/N/NAME". False if it is too long. */
static bool
write_name(struct address *a, int fd, const char *name)
{
	char *path = a->is.sun_path;
	size_t n = 14;

	memcpy(path, "/proc/self/fd/", 15);
	digits_of((uint64_t)(unsigned)fd, 10, path + n);
	n = strlen(path);
	if (n + 1 + strlen(name) + 1 > sizeof a->is.sun_path)
		return false;
	path[n++] = '/';
	memcpy(path + n, name, strlen(name) + 1);
	n += strlen(name);
	a->n = offsetof(struct sockaddr_un, sun_path) + n + 1;
	return true;
}

/* Finds the directory and the name of what START's path leads to, links followed. */
static int
open_real_parent(struct trap_call *c, struct trap_start *start, const char **name)
{
	const int fd = trap_open_place(c, start, true, 0);
	char path[PATH_MAX];
	int named = -1;

	if (fd < 0)
		return -1;
	named = trap_name_inside(c, fd, path);
	sys_close(fd);
	if (named < 0)
		return -1;
	trap_start_at(AT_FDCWD, path, start);
	return trap_open_parent(c, start, name);
}

/* Gives the caller a descriptor of the directory, and names the path through it in A.
 * Returns its number there, or -1 with errno. */
static int
give_place(struct trap_call *c, struct address *a, bool binds)
{
	char path[sizeof a->is.sun_path + 1];
	struct trap_start start;
	const char *name = NULL;
	int fd = -1, given = -1, saved = 0;

	memcpy(path, a->is.sun_path, sizeof a->is.sun_path);
	path[a->n - offsetof(struct sockaddr_un, sun_path)] = '\0';
	trap_start_at(AT_FDCWD, path, &start);
	fd = binds ? trap_open_parent(c, &start, &name)
	           : open_real_parent(c, &start, &name);
	if (fd < 0) {
		errno = errno == EREMOTE ? ECONNREFUSED : errno;
		return -1;
	}
	given = trap_give_dir(c, fd);
	saved = errno;
	sys_close(fd);
	errno = saved;
	if (given < 0 || write_name(a, given, name))
		return given;
	errno = ENAMETOOLONG;
	return -1;
}

/* bind(), connect(). A new socket belongs to root: sockets are in no layer. */
int
trap_address(struct trap_call *c, int64_t *value)
{
	const bool binds = c->asked->number == SYS_bind;
	struct address a;
	struct redo_call call = { .number = c->asked->number,
		                  .scratch = &a.is,
		                  .scratch_arg = 1 };

	(void)value;
	if (!read_address(c, c->asked->args[1], c->asked->args[2], &a))
		return TRAP_ERRNO;
	if (!is_path(&a))
		return TRAP_LET;
	call.close_fd = give_place(c, &a, binds);
	if (call.close_fd < 0)
		return TRAP_ERRNO;
	call.n_scratch = a.n;
	call.args[0] = c->asked->args[0];
	call.args[2] = a.n;
	redo_begin(&c->trap->redo, c->asked, &call);
	return TRAP_DONE;
}

/* ------------------------------------------------------------ messages */

/* sendto() with an address, sendmsg(), sendmmsg(). */
int
trap_message(struct trap_call *c, int64_t *value)
{
	const bool is_to = c->asked->number == SYS_sendto;
	struct msghdr head = { 0 };
	struct {
		struct msghdr head;
		struct iovec part;
		struct sockaddr_un address;
	} scratch = { 0 };
	struct redo_call call = { .number = SYS_sendmsg,
		                  .scratch = &scratch,
		                  .n_scratch = sizeof scratch,
		                  .scratch_arg = 1 };
	const uint64_t at = redo_scratch(&c->trap->redo);
	struct address a;

	(void)value;
	if (is_to) {
		head.msg_name = (void *)(uintptr_t)c->asked->args[4];
		head.msg_namelen = (socklen_t)c->asked->args[5];
		scratch.part.iov_base = (void *)(uintptr_t)c->asked->args[1];
		scratch.part.iov_len = (size_t)c->asked->args[2];
	} else if (notify_peek(c->asked, c->asked->args[1], &head, sizeof head) !=
	           (ssize_t)sizeof head) {
		return trap_fail(EFAULT);
	}
	if (head.msg_name == NULL || head.msg_namelen == 0)
		return TRAP_LET;
	if (!read_address(c, (uint64_t)(uintptr_t)head.msg_name, head.msg_namelen, &a))
		return TRAP_ERRNO;
	if (!is_path(&a))
		return TRAP_LET;
	if (at == 0)
		return trap_fail(EAGAIN);
	call.close_fd = give_place(c, &a, false);
	if (call.close_fd < 0)
		return TRAP_ERRNO;
	scratch.address = a.is;
	scratch.head = head;
	scratch.head.msg_name = (void *)(uintptr_t)(at + offsetof(__typeof__(scratch), address));
	scratch.head.msg_namelen = (socklen_t)a.n;
	if (is_to) {
		scratch.head.msg_iov = (void *)(uintptr_t)(at + offsetof(__typeof__(scratch), part));
		scratch.head.msg_iovlen = 1;
	}
	call.args[0] = c->asked->args[0];
	call.args[2] = c->asked->args[is_to ? 3 : 2];
	redo_begin(&c->trap->redo, c->asked, &call);
	return TRAP_DONE;
}

/* sendmmsg(): only messages without a path. */
int
trap_messages(struct trap_call *c, int64_t *value)
{
	struct mmsghdr head;
	struct address a;

	(void)value;
	for (uint64_t i = 0; i < c->asked->args[2] && i < 1024; i++) {
		if (notify_peek(c->asked, c->asked->args[1] + i * sizeof head, &head,
		                sizeof head) != (ssize_t)sizeof head)
			return trap_fail(EFAULT);
		if (head.msg_hdr.msg_name == NULL)
			continue;
		if (!read_address(c, (uint64_t)(uintptr_t)head.msg_hdr.msg_name,
		                  head.msg_hdr.msg_namelen, &a))
			return TRAP_ERRNO;
		if (is_path(&a))
			return trap_fail(EOPNOTSUPP);
	}
	return TRAP_LET;
}

/* ------------------------------------------------------------ inotify */

int
trap_watch(struct trap_call *c, int64_t *value)
{
	struct trap_start start;
	char name[PROC_PLACE_NAME];
	struct redo_call call = { .number = SYS_inotify_add_watch,
		                  .scratch = name,
		                  .scratch_arg = 1 };
	int fd = -1, again = -1, saved = 0;

	(void)value;
	if (trap_start(c, -1, 1, &start) < 0)
		return TRAP_ERRNO;
	fd = trap_open_place(c, &start,
	                     (c->asked->args[2] & 0x02000000) == 0 /* IN_DONT_FOLLOW */, 0);
	if (fd < 0)
		return errno == EREMOTE ? trap_fail(EACCES) : TRAP_ERRNO;
	again = sys_openat(AT_FDCWD, proc_place_name(fd, name), O_RDONLY | O_NONBLOCK, 0);
	call.close_fd = again < 0 ? -1 : notify_give(c->asked, again, true);
	saved = errno;
	sys_close(fd);
	if (again >= 0)
		sys_close(again);
	if (call.close_fd < 0)
		return trap_fail(saved);
	proc_place_name(call.close_fd, name);
	call.n_scratch = strlen(name) + 1;
	call.args[0] = c->asked->args[0];
	call.args[2] = c->asked->args[2] & ~UINT64_C(0x02000000);
	redo_begin(&c->trap->redo, c->asked, &call);
	return TRAP_DONE;
}
