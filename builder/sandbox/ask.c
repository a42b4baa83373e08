#include "builder/sandbox/ask.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "builder/sandbox/caps.h"
#include "builder/sandbox/mount_ops.h"
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

/* Headers may lack it; since Linux 6.6. */
#define SET_FLAGS    _IOW('!', 4, uint64_t)
#define SYNC_WAKE_UP UINT64_C(1)

/* SECCOMP_IOCTL_NOTIF_ID_VALID as it was before Linux 5.17, and still is understood. */
#define IS_VALID _IOR('!', 2, uint64_t)

void
ask_hurry(int listener_fd)
{
	ioctl(listener_fd, SET_FLAGS, SYNC_WAKE_UP);
}

int
ask_receive(int listener_fd, int proc_fd, struct asked *out)
{
	union notification n;

	memset(&n, 0, sizeof n);
	if (ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0)
		return errno == ENOENT || errno == EINTR ? 0 : -1;
	*out = (struct asked){ .listener_fd = listener_fd,
		               .id = n.is.id,
		               .tid = (pid_t)n.is.pid,
		               .number = n.is.data.nr,
		               .proc_fd = proc_fd };
	for (size_t i = 0; i < 6; i++)
		out->args[i] = n.is.data.args[i];
	return 1;
}

/* A failure means that the caller is gone. */
static void
respond(const struct asked *a, int64_t value, int error, uint32_t flags)
{
	union response r;

	memset(&r, 0, sizeof r);
	r.is.id = a->id;
	r.is.val = value;
	r.is.error = error;
	r.is.flags = flags;
	ioctl(a->listener_fd, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

void
ask_let(const struct asked *a)
{
	respond(a, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

void
ask_answer(const struct asked *a, int64_t value)
{
	if (value < 0)
		respond(a, 0, -errno, 0);
	else
		respond(a, value, 0, 0);
}

int
ask_give(const struct asked *a, int fd, bool closes)
{
	struct seccomp_notif_addfd add = { .id = a->id,
		                           .srcfd = (uint32_t)fd,
		                           .newfd_flags = closes ? O_CLOEXEC : 0 };

	return ioctl(a->listener_fd, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
}

void
ask_become(uid_t uid, gid_t gid)
{
	syscall(SYS_setfsgid, gid);
	syscall(SYS_setfsuid, uid);
}

bool
ask_act_as(const struct proc_rights *r)
{
	syscall(SYS_setgroups, r->n_groups, r->groups);
	ask_become(r->uid, r->gid);
	/* They tell what is, not whether it was done. */
	return (uid_t)syscall(SYS_setfsuid, -1) == r->uid &&
	       (gid_t)syscall(SYS_setfsgid, -1) == r->gid && caps_use(r->caps) == 0;
}

void
ask_act_as_self(void)
{
	const int saved = errno;

	caps_use(CAPS_ALL);
	ask_become(0, 0);
	syscall(SYS_setgroups, 0, NULL);
	errno = saved;
}

/* ------------------------------------------------------------ the caller */

/* "TID/NAME", relative to /proc. */
static bool
path_of(const struct asked *a, const char *name, char *out, size_t size)
{
	size_t n = 0;

	fs_number((uint64_t)a->tid, 10, out);
	n = strlen(out);
	if (n + 1 + strlen(name) >= size)
		return false;
	out[n] = '/';
	memcpy(out + n + 1, name, strlen(name) + 1);
	return true;
}

bool
ask_is_current(const struct asked *a)
{
	return ioctl(a->listener_fd, IS_VALID, &a->id) == 0;
}

int
ask_open_proc(const struct asked *a, const char *name, int flags)
{
	char path[64];
	int fd = -1;

	if (!path_of(a, name, path, sizeof path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = sys_openat(a->proc_fd, path, flags, 0);
	if (fd < 0 || ask_is_current(a))
		return fd;
	sys_close(fd);
	errno = ESRCH;
	return -1;
}

void
ask_owner(struct asked *a)
{
	char path[24];
	struct stat st;

	fs_number((uint64_t)a->tid, 10, path);
	if (syscall(SYS_newfstatat, a->proc_fd, path, &st, 0) < 0)
		return;
	a->uid = st.st_uid;
	a->gid = st.st_gid;
}

/* What is denied to us in our own name may be had in that of the owner. */
static int
open_memory(struct asked *a, int flags)
{
	int fd = -1;

	ask_owner(a);
	ask_become(a->uid, a->gid);
	fd = ask_open_proc(a, "mem", flags);
	ask_become(0, 0);
	return fd;
}

ssize_t
ask_peek(struct asked *a, uint64_t at, void *bytes, size_t n)
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
ask_poke(struct asked *a, uint64_t at, const void *bytes, size_t n)
{
	struct iovec ours = { (void *)(uintptr_t)bytes, n };
	struct iovec theirs = { (void *)(uintptr_t)at, n };
	ssize_t put = -1;
	int fd = -1;

	if (!ask_is_current(a)) {
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

/* A page may be the last one. */
bool
ask_peek_text(struct asked *a, uint64_t at, char *out, size_t size)
{
	size_t n = 0;

	while (n < size) {
		size_t part = PAGE - (at + n) % PAGE;
		ssize_t got = 0;

		/* Most are short. */
		if (part > 256)
			part = 256;
		if (part > size - n)
			part = size - n;
		got = ask_peek(a, at + n, out + n, part);
		if (got <= 0)
			return false;
		if (memchr(out + n, '\0', (size_t)got) != NULL)
			return ask_is_current(a);
		n += (size_t)got;
	}
	return false;
}

/* ------------------------------------------------------------ the listener */

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

int
ask_send_listener(int socket_fd, int fd)
{
	char byte = 0;
	union control control;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
		              .msg_iovlen = 1,
		              .msg_control = &control,
		              .msg_controllen = sizeof control };

	memset(&control, 0, sizeof control);
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
	return syscall(SYS_sendmsg, socket_fd, &msg, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

int
ask_receive_listener(int socket_fd)
{
	char byte = 0;
	union control control;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
		              .msg_iovlen = 1,
		              .msg_control = &control,
		              .msg_controllen = sizeof control };
	int fd = -1;

	if (syscall(SYS_recvmsg, socket_fd, &msg, MSG_CMSG_CLOEXEC) == 1 &&
	    msg.msg_controllen >= CMSG_LEN(sizeof fd) &&
	    control.head.cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(&control.head), sizeof fd);
	return fd;
}
