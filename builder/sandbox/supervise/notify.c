#include "builder/sandbox/supervise/notify.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "builder/sandbox/inside/caps.h"
#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/listener.h"
#include "builder/sandbox/inside/sys.h"

#define PAGE 4096

/* Headers may lack it; since Linux 6.6. */
#define SET_FLAGS    _IOW('!', 4, uint64_t)
#define SYNC_WAKE_UP UINT64_C(1)

#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND (UINT32_C(1) << 1)
#endif

/* SECCOMP_IOCTL_NOTIF_ID_VALID as it was before Linux 5.17, and still is understood. */
#define IS_VALID _IOR('!', 2, uint64_t)

void
notify_hurry(int listener_fd)
{
	ioctl(listener_fd, SET_FLAGS, SYNC_WAKE_UP);
}

int
notify_receive(int listener_fd, int proc_fd, struct notification *out)
{
	struct listener_call call;
	int received = listener_next(listener_fd, &call);

	if (received <= 0)
		return received;
	*out = (struct notification){ .listener_fd = listener_fd,
		                      .id = call.id,
		                      .tid = call.tid,
		                      .number = call.number,
		                      .proc_fd = proc_fd };
	memcpy(out->args, call.args, sizeof out->args);
	return 1;
}

void
notify_let(const struct notification *a)
{
	listener_let(a->listener_fd, a->id);
}

void
notify_answer(const struct notification *a, int64_t value)
{
	if (value < 0)
		listener_reply(a->listener_fd, a->id, 0, errno);
	else
		listener_reply(a->listener_fd, a->id, value, 0);
}

int
notify_give(const struct notification *a, int fd, bool closes)
{
	struct seccomp_notif_addfd add = { .id = a->id,
		                           .srcfd = (uint32_t)fd,
		                           .newfd_flags = closes ? O_CLOEXEC : 0 };

	return ioctl(a->listener_fd, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
}

/* In one call since Linux 5.14, and with one switch to the caller instead of two. */
int
notify_answer_fd(const struct notification *a, int fd, bool closes)
{
	struct seccomp_notif_addfd add = { .id = a->id,
		                           .flags = SECCOMP_ADDFD_FLAG_SEND,
		                           .srcfd = (uint32_t)fd,
		                           .newfd_flags = closes ? O_CLOEXEC : 0 };
	int given = ioctl(a->listener_fd, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

	if (given >= 0 || errno != EINVAL)
		return given < 0 ? -1 : 0;
	given = notify_give(a, fd, closes);
	if (given < 0)
		return -1;
	notify_answer(a, given);
	return 0;
}

void
notify_become(uid_t uid, gid_t gid)
{
	syscall(SYS_setfsgid, gid);
	syscall(SYS_setfsuid, uid);
}

bool
notify_act_as(const struct proc_rights *r)
{
	syscall(SYS_setgroups, r->n_groups, r->groups);
	notify_become(r->uid, r->gid);
	/* They return the previous id, not success or failure. */
	return (uid_t)syscall(SYS_setfsuid, -1) == r->uid &&
	       (gid_t)syscall(SYS_setfsgid, -1) == r->gid && caps_use(r->caps) == 0;
}

void
notify_act_as_self(void)
{
	const int saved = errno;

	caps_use(CAPS_ALL);
	notify_become(0, 0);
	syscall(SYS_setgroups, 0, NULL);
	errno = saved;
}

/* ------------------------------------------------------------ the caller */

/* "TID/NAME", relative to /proc. */
static bool
path_of(const struct notification *a, const char *name, char *out, size_t size)
{
	size_t n = 0;

	digits_of((uint64_t)a->tid, 10, out);
	n = strlen(out);
	if (n + 1 + strlen(name) >= size)
		return false;
	out[n] = '/';
	memcpy(out + n + 1, name, strlen(name) + 1);
	return true;
}

bool
notify_is_current(const struct notification *a)
{
	return ioctl(a->listener_fd, IS_VALID, &a->id) == 0;
}

int
notify_open_proc(const struct notification *a, const char *name, int flags)
{
	char path[64];
	int fd = -1;

	if (!path_of(a, name, path, sizeof path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = sys_openat(a->proc_fd, path, flags, 0);
	if (fd < 0 || notify_is_current(a))
		return fd;
	sys_close(fd);
	errno = ESRCH;
	return -1;
}

void
notify_owner(struct notification *a)
{
	char path[24];
	struct stat st;

	digits_of((uint64_t)a->tid, 10, path);
	if (syscall(SYS_newfstatat, a->proc_fd, path, &st, 0) < 0)
		return;
	a->uid = st.st_uid;
	a->gid = st.st_gid;
}

/* If access is denied with our own rights, the owner's rights may allow it. */
static int
open_memory(struct notification *a, int flags)
{
	int fd = -1;

	notify_owner(a);
	notify_become(a->uid, a->gid);
	fd = notify_open_proc(a, "mem", flags);
	notify_become(0, 0);
	return fd;
}

ssize_t
notify_peek(struct notification *a, uint64_t at, void *bytes, size_t n)
{
	struct iovec ours = { bytes, n }, theirs = { (void *)(uintptr_t)at, n };
	ssize_t got = syscall(SYS_process_vm_readv, a->tid, &ours, 1, &theirs, 1, 0);
	int fd = -1;

	if (got >= 0 || errno != EPERM)
		return got;
	fd = open_memory(a, O_RDONLY);
	if (fd < 0)
		return -1;
	got = syscall(SYS_pread64, fd, bytes, n, (off_t)at);
	sys_close(fd);
	return got;
}

int
notify_poke(struct notification *a, uint64_t at, const void *bytes, size_t n)
{
	struct iovec ours = { (void *)(uintptr_t)bytes, n };
	struct iovec theirs = { (void *)(uintptr_t)at, n };
	ssize_t put = -1;
	int fd = -1;

	if (!notify_is_current(a)) {
		errno = ESRCH;
		return -1;
	}
	put = syscall(SYS_process_vm_writev, a->tid, &ours, 1, &theirs, 1, 0);
	if (put < 0 && errno == EPERM) {
		fd = open_memory(a, O_RDWR);
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

/* The next page may not be mapped. */
bool
notify_look_text(struct notification *a, uint64_t at, char *out, size_t size)
{
	size_t n = 0;

	while (n < size) {
		size_t part = PAGE - (at + n) % PAGE;
		ssize_t got = 0;

		/* Most paths are short. */
		if (part > 256)
			part = 256;
		if (part > size - n)
			part = size - n;
		got = notify_peek(a, at + n, out + n, part);
		if (got <= 0)
			return false;
		if (memchr(out + n, '\0', (size_t)got) != NULL)
			return true;
		n += (size_t)got;
	}
	return false;
}

bool
notify_peek_text(struct notification *a, uint64_t at, char *out, size_t size)
{
	return notify_look_text(a, at, out, size) && notify_is_current(a);
}

/* ------------------------------------------------------------ the listener */
