#include "builder/sandbox/inside/caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(cap) (UINT64_C(1) << (cap))

uint64_t
caps_default(void)
{
	return BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) |
	       BIT(CAP_FSETID) | BIT(CAP_KILL) | BIT(CAP_SETGID) | BIT(CAP_SETUID) |
	       BIT(CAP_SETPCAP) | BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_NET_RAW) |
	       BIT(CAP_SYS_CHROOT) | BIT(CAP_MKNOD) | BIT(CAP_AUDIT_WRITE) |
	       BIT(CAP_SETFCAP);
}

/* Version 3 of the interface has two halves of 32 bits each. */
static int
get(struct __user_cap_data_struct half[2])
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return (int)syscall(SYS_capget, &head, half);
}

uint64_t
caps_effective(void)
{
	struct __user_cap_data_struct half[2];

	if (get(half) < 0)
		return 0;
	return half[0].effective | (uint64_t)half[1].effective << 32;
}

bool
caps_has(int cap)
{
	return (caps_effective() & BIT(cap)) != 0;
}

int
caps_bound(uint64_t keep)
{
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int cap = 0; cap < 64; cap++) {
		if ((keep & BIT(cap)) != 0)
			continue;
		/* EINVAL: the kernel knows fewer capabilities. */
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return errno == EINVAL ? 0 : -1;
	}
	return 0;
}

int
caps_limit(uint64_t keep)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct half[2];

	if (get(half) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		half[i].permitted &= (uint32_t)(keep >> (32 * i));
		half[i].effective = half[i].permitted;
		half[i].inheritable = 0;
	}
	return (int)syscall(SYS_capset, &head, half);
}

int
caps_use(uint64_t which)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct half[2];

	if (get(half) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		half[i].effective = half[i].permitted & (uint32_t)(which >> (32 * i));
	return (int)syscall(SYS_capset, &head, half);
}
