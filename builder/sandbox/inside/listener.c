#include "builder/sandbox/inside/listener.h"

#include <string.h>
#include <sys/socket.h>

#include "builder/sandbox/inside/sys.h"

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

int
listener_send(int socket_fd, int fd)
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
