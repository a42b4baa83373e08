#include "builder/sandbox/inside/filter_install.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>

#include "builder/sandbox/inside/sys.h"

/* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, which headers may lack. */
#define WAIT_KILLABLE (1U << 5)

int
filter_install(const struct sock_filter *code, size_t n)
{
	struct sock_fprog program = { .len = (unsigned short)n,
		                      .filter = (struct sock_filter *)(uintptr_t)code };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

/* A signal must not make the caller repeat a call that was done already; before Linux
 * 5.19 this can happen. */
int
filter_install_notify(const struct sock_filter *code, size_t n)
{
	const unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	struct sock_fprog program = { .len = (unsigned short)n,
		                      .filter = (struct sock_filter *)(uintptr_t)code };
	int fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | WAIT_KILLABLE,
	                      &program);

	if (fd < 0 && errno == EINVAL)
		fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	return fd;
}
