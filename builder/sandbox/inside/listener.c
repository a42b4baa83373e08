#include "builder/sandbox/inside/listener.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "builder/sandbox/inside/sys.h"

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

int
listener_send(int socket_fd, int fd)
{
	return listener_send_as(socket_fd, fd, 0);
}

int
listener_send_as(int socket_fd, int fd, uint64_t cookie)
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
	return syscall(SYS_sendmsg, socket_fd, &msg, MSG_NOSIGNAL, 0, 0, cookie) == 1
	               ? 0
	               : -1;
}

int
listener_receive(int socket_fd)
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

/* ------------------------------------------------------------ calls */

/* The kernel's records may be longer than those of the headers. */
union kernel_notification {
	struct seccomp_notif is;
	char room[512];
};

union kernel_response {
	struct seccomp_notif_resp is;
	char room[128];
};

int
listener_next(int fd, struct listener_call *out)
{
	union kernel_notification n;

	memset(&n, 0, sizeof n);
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0)
		return errno == ENOENT || errno == EINTR ? 0 : -1;
	*out = (struct listener_call){ .id = n.is.id,
		                       .tid = (pid_t)n.is.pid,
		                       .number = n.is.data.nr };
	for (size_t i = 0; i < 6; i++)
		out->args[i] = n.is.data.args[i];
	return 1;
}

static int
respond(int fd, uint64_t id, int64_t value, int error, uint32_t flags)
{
	union kernel_response r;

	memset(&r, 0, sizeof r);
	r.is.id = id;
	r.is.val = value;
	r.is.error = error;
	r.is.flags = flags;
	return ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

int
listener_reply(int fd, uint64_t id, int64_t value, int error)
{
	return respond(fd, id, value, -error, 0);
}

int
listener_let(int fd, uint64_t id)
{
	return respond(fd, id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}
