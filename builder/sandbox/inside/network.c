#include "builder/sandbox/inside/network.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "builder/sandbox/inside/sys.h"

int
network_up(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = (int)syscall(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
	    result = -1;

	if (fd < 0)
		return -1;
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	result = (int)syscall(SYS_ioctl, fd, SIOCSIFFLAGS, &request);
	sys_close(fd);
	return result;
}
