#include "builder/sandbox/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <signal.h>
#include <seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "base/count.h"
#include "builder/sandbox/filter_verdict.h"
#include "builder/sandbox/inside/devices.h"
#include "builder/sandbox/trap/loader/record.h"

static void
emit(struct filter *f, uint16_t code, uint32_t k, uint8_t if_true, uint8_t if_false)
{
	array_push(&f->code, ((struct sock_filter){ code, if_true, if_false, k }));
}

static void
emit_return(struct filter *f, uint32_t action)
{
	emit(f, BPF_RET | BPF_K, action, 0, 0);
}

/* Loads the low half of argument I, the part that the kernel uses for an int. */
static void
emit_load_argument(struct filter *f, unsigned i)
{
	uint32_t at = (uint32_t)(offsetof(struct seccomp_data, args) + 8 * i);

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	at += 4;
#endif
	emit(f, BPF_LD | BPF_W | BPF_ABS, at, 0, 0);
}

static void
emit_socket(struct filter *f)
{
	enum { FAMILY_ALG = 38, FAMILY_VSOCK = 40 };

	emit_load_argument(f, 0);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, FAMILY_ALG, 1, 0);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, FAMILY_VSOCK, 0, 1);
	emit_return(f, SECCOMP_RET_ERRNO | EPERM);
	emit_return(f, SECCOMP_RET_ALLOW);
}

static void
emit_local_socket(struct filter *f)
{
	enum { FAMILY_UNIX = 1 };

	emit_load_argument(f, 0);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, FAMILY_UNIX, 1, 0);
	emit_return(f, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
	emit_return(f, SECCOMP_RET_ALLOW);
}

/* The flags are argument I. */
static void
emit_ask_create(struct filter *f, unsigned i)
{
	emit_load_argument(f, i);
	emit(f, BPF_JMP | BPF_JSET | BPF_K, O_CREAT | (O_TMPFILE & ~O_DIRECTORY), 0, 1);
	emit_return(f, SECCOMP_RET_USER_NOTIF);
	emit_return(f, SECCOMP_RET_ALLOW);
}

/* Unless the path, argument 1, starts in an open directory. */
static void
emit_if_at_cwd(struct filter *f)
{
	emit_load_argument(f, 0);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)AT_FDCWD, 1, 0);
	emit_return(f, SECCOMP_RET_ALLOW);
}

/* The flags are argument I. */
static void
emit_ask_open(struct filter *f, unsigned i)
{
	emit_load_argument(f, i);
	emit(f, BPF_JMP | BPF_JSET | BPF_K, O_EXCL, 0, 2);
	emit(f, BPF_JMP | BPF_JSET | BPF_K, O_CREAT, 0, 1);
	emit_return(f, SECCOMP_RET_ALLOW);
	emit_return(f, SECCOMP_RET_USER_NOTIF);
}

/* The mode is argument I, the device the next one. Files, the devices of device_nodes,
 * and char 0:0, which is not a device, need no question. */
static void
emit_ask_node(struct filter *f, unsigned i)
{
	static const uint32_t files[] = { 0, S_IFREG, S_IFIFO, S_IFSOCK };
	const uint8_t n_files = sizeof files / sizeof *files;
	const uint8_t n_devices = (uint8_t)device_n_nodes + 1;

	emit_load_argument(f, i);
	emit(f, BPF_ALU | BPF_AND | BPF_K, S_IFMT, 0, 0);
	for (uint8_t k = 0; k < n_files; k++)
		emit(f, BPF_JMP | BPF_JEQ | BPF_K, files[k],
		     (uint8_t)(n_files + n_devices + 2 - k), 0);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, S_IFCHR, 0, (uint8_t)(n_devices + 1));
	emit_load_argument(f, i + 1);
	for (uint8_t k = 0; k < n_devices; k++)
		emit(f, BPF_JMP | BPF_JEQ | BPF_K,
		     k == 0 ? 0
		            : (uint32_t)makedev(device_nodes[k - 1].major,
		                                device_nodes[k - 1].minor),
		     (uint8_t)(n_devices - k), 0);
	emit_return(f, SECCOMP_RET_USER_NOTIF);
	emit_return(f, SECCOMP_RET_ALLOW);
}

/* EBUSY is also the kernel's answer while there is another listener. */
static void
emit_no_listener(struct filter *f)
{
	emit_load_argument(f, 1);
	emit(f, BPF_JMP | BPF_JSET | BPF_K, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0, 1);
	emit_return(f, SECCOMP_RET_ERRNO | EBUSY);
	emit_return(f, SECCOMP_RET_ALLOW);
}

/* A filter would see the cookie of redone calls, and could refuse what the supervisor has
 * the caller do. */
static void
emit_no_filter(struct filter *f)
{
	emit_load_argument(f, 0);
	emit(f, BPF_JMP | BPF_JGE | BPF_K, SECCOMP_GET_ACTION_AVAIL, 0, 1);
	emit_return(f, SECCOMP_RET_ALLOW);
	emit_load_argument(f, 1);
	emit(f, BPF_JMP | BPF_JSET | BPF_K, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0, 1);
	emit_return(f, SECCOMP_RET_ERRNO | EBUSY);
	emit_return(f, SECCOMP_RET_ERRNO | 0);
}

/* The resource is argument I; with a new value in argument I + 1 to be read. A core file
 * is written to a path that nobody checks, and shows the cookie of redone calls. */
static void
emit_limit(struct filter *f, unsigned i)
{
	const uint32_t other = f->cookie != 0 ? RLIMIT_CORE : RLIMIT_RTTIME;

	emit_load_argument(f, i);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, RLIMIT_RTTIME, 2, 0);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, other, 1, 0);
	emit_return(f, SECCOMP_RET_ALLOW);
	emit_load_argument(f, i + 1);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
	emit_return(f, SECCOMP_RET_ALLOW);
	emit_return(f, SECCOMP_RET_ERRNO | 0);
}

/* Unless the process, argument 0, is the caller itself. */
static void
emit_if_other(struct filter *f)
{
	emit_load_argument(f, 0);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
	emit_return(f, SECCOMP_RET_ERRNO | EPERM);
}

/* Loads the high half of argument I. */
static void
emit_load_high(struct filter *f, unsigned i)
{
	uint32_t at = (uint32_t)(offsetof(struct seccomp_data, args) + 8 * i + 4);

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	at -= 4;
#endif
	emit(f, BPF_LD | BPF_W | BPF_ABS, at, 0, 0);
}

static void
emit_ask_not_redone(struct filter *f)
{
	emit_load_argument(f, 5);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)f->cookie, 0, 3);
	emit_load_high(f, 5);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(f->cookie >> 32), 0, 1);
	emit_return(f, SECCOMP_RET_ALLOW);
	emit_return(f, SECCOMP_RET_USER_NOTIF);
}

/* If the pointer that is argument I is not NULL. */
static void
emit_ask_pointer(struct filter *f, unsigned i)
{
	emit_load_argument(f, i);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2);
	emit_load_high(f, i);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
	emit_return(f, SECCOMP_RET_USER_NOTIF);
	emit_return(f, SECCOMP_RET_ALLOW);
}

static void
emit_ask_child_signal(struct filter *f)
{
	emit_load_argument(f, 0);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, SIGCHLD, 1, 0);
	emit_return(f, SECCOMP_RET_ALLOW);
	emit_ask_pointer(f, 1);
}

static void
emit_ask_owner_of_fd(struct filter *f)
{
	/* F_SETDELEG, since Linux 6.19. A lease makes whoever opens the file wait. */
	enum { SET_DELEGATION = 1040 };

	emit_load_argument(f, 1);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, F_SETOWN, 1, 0);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, F_SETOWN_EX, 0, 1);
	emit_return(f, SECCOMP_RET_USER_NOTIF);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, F_SETLEASE, 1, 0);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, SET_DELEGATION, 0, 1);
	emit_return(f, SECCOMP_RET_ERRNO | EAGAIN);
	emit_return(f, SECCOMP_RET_ALLOW);
}

/* The process is in memory, which could change; fcntl() has the same. */
static void
emit_ioctl(struct filter *f)
{
	emit_load_argument(f, 1);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, FIOSETOWN, 1, 0);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, SIOCSPGRP, 0, 1);
	emit_return(f, SECCOMP_RET_ERRNO | EPERM);
	emit_return(f, SECCOMP_RET_ALLOW);
}

static void
emit_prctl(struct filter *f)
{
	/* A process that cannot be inspected could not be served, and there are no
	 * capabilities to give up. For filters see emit_no_filter(). */
	static const uint32_t done[] = { PR_SET_DUMPABLE, PR_CAPBSET_DROP,
		                         PR_SET_SECUREBITS, PR_SET_SECCOMP };
	const uint8_t n = COUNT_OF(done);

	emit_load_argument(f, 0);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, LOADER_ASK, 1, 0);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, PR_SET_KEEPCAPS, 0, 1);
	emit_return(f, SECCOMP_RET_USER_NOTIF);
	for (uint8_t i = 0; i < n; i++)
		emit(f, BPF_JMP | BPF_JEQ | BPF_K, done[i], (uint8_t)(n - i), 0);
	emit_return(f, SECCOMP_RET_ALLOW);
	emit_return(f, SECCOMP_RET_ERRNO | 0);
}

static void
emit_clone(struct filter *f, const struct filter_abi *abi)
{
	emit_load_argument(f, abi->clone_flags);
	emit(f, BPF_JMP | BPF_JSET | BPF_K,
	     CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
	             CLONE_NEWPID | CLONE_NEWNET,
	     0, 1);
	emit_return(f, SECCOMP_RET_ERRNO | EPERM);
	emit_return(f, SECCOMP_RET_ALLOW);
}

/* The allowed personalities: Linux, Linux with 32 bits, both also with version 2.6, and
 * the query. */
static void
emit_personality(struct filter *f)
{
	static const uint32_t allowed[] = { 0x0, 0x8, 0x20000, 0x20008, 0xffffffff };
	const uint8_t n = COUNT_OF(allowed);

	emit_load_argument(f, 0);
	for (uint8_t i = 0; i < n; i++)
		emit(f, BPF_JMP | BPF_JEQ | BPF_K, allowed[i], (uint8_t)(n - i), 0);
	emit_return(f, SECCOMP_RET_ERRNO | EPERM);
	emit_return(f, SECCOMP_RET_ALLOW);
}

/* True and *OUT if the verdict does not depend on arguments. */
static bool
action_of(enum verdict verdict, uint32_t *out)
{
	switch (verdict) {
	case VERDICT_REFUSE:
		*out = SECCOMP_RET_ERRNO | EPERM;
		return true;
	case VERDICT_ALLOW:
		*out = SECCOMP_RET_ALLOW;
		return true;
	case VERDICT_DONE:
		*out = SECCOMP_RET_ERRNO | 0;
		return true;
	case VERDICT_MISSING:
		*out = SECCOMP_RET_ERRNO | ENOSYS;
		return true;
	case VERDICT_ASK:
		*out = SECCOMP_RET_USER_NOTIF;
		return true;
	default:
		return false;
	}
}

static bool
emit_asking(struct filter *f, enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_ASK_AT:
		emit_if_at_cwd(f);
		emit_return(f, SECCOMP_RET_USER_NOTIF);
		return true;
	case VERDICT_ASK_OPEN:
		emit_ask_open(f, 1);
		return true;
	case VERDICT_ASK_OPEN_AT:
		emit_if_at_cwd(f);
		emit_ask_open(f, 2);
		return true;
	case VERDICT_ASK_CREATE:
		emit_ask_create(f, 1);
		return true;
	case VERDICT_ASK_CREATE_AT:
		emit_ask_create(f, 2);
		return true;
	case VERDICT_ASK_NODE:
		emit_ask_node(f, 1);
		return true;
	case VERDICT_ASK_NODE_AT:
		emit_ask_node(f, 2);
		return true;
	case VERDICT_ASK_NOT_REDONE:
		emit_ask_not_redone(f);
		return true;
	case VERDICT_ASK_TIMES:
		emit_ask_pointer(f, 1);
		return true;
	case VERDICT_ASK_ADDRESS:
		emit_ask_pointer(f, 4);
		return true;
	case VERDICT_ASK_OWNER_OF_FD:
		emit_ask_owner_of_fd(f);
		return true;
	case VERDICT_ASK_CHILD_SIGNAL:
		emit_ask_child_signal(f);
		return true;
	case VERDICT_PRCTL:
		emit_prctl(f);
		return true;
	case VERDICT_IOCTL:
		emit_ioctl(f);
		return true;
	case VERDICT_NO_FILTER:
		emit_no_filter(f);
		return true;
	default:
		return false;
	}
}

static void
emit_verdict(struct filter *f, const struct filter_abi *abi, enum verdict verdict)
{
	uint32_t action = 0;

	if (action_of(verdict, &action)) {
		emit_return(f, action);
		return;
	}
	if (emit_asking(f, verdict))
		return;
	switch (verdict) {
	case VERDICT_CLONE:
		emit_clone(f, abi);
		break;
	case VERDICT_SOCKET:
		emit_socket(f);
		break;
	case VERDICT_PERSONALITY:
		emit_personality(f);
		break;
	case VERDICT_LOCAL_SOCKET:
		emit_local_socket(f);
		break;
	case VERDICT_LIMIT:
		emit_limit(f, 0);
		break;
	case VERDICT_LIMIT_OF:
		emit_limit(f, 1);
		break;
	case VERDICT_OWN_LIMIT_OF:
		emit_if_other(f);
		emit_limit(f, 1);
		break;
	case VERDICT_OWN_LIMIT:
		emit_if_other(f);
		emit_return(f, SECCOMP_RET_ALLOW);
		break;
	case VERDICT_NO_LISTENER:
		emit_no_listener(f);
		break;
	default:
		break;
	}
}

/* Where the condition at AT holds, what follows it is jumped over. Conditional
 * jumps reach 255 instructions only, so a long way is a jump of its own. */
static void
jump_over(struct filter *f, size_t at)
{
	const struct sock_filter jump = { .code = BPF_JMP | BPF_JA };
	size_t n = f->code.n - at - 1;

	if (n <= UINT8_MAX) {
		f->code.at[at].jt = (uint8_t)n;
		return;
	}
	array_push(&f->code, jump);
	memmove(f->code.at + at + 2, f->code.at + at + 1, n * sizeof jump);
	f->code.at[at].jf = 1;
	f->code.at[at + 1] = jump;
	f->code.at[at + 1].k = (uint32_t)n;
}

/* The depth is the logarithm of the number of ranges. */
static void
emit_search(struct filter *f, const struct filter_abi *abi, const struct filter_range *r,
            size_t n)
{
	size_t half = n / 2, at = f->code.n;

	if (n == 1) {
		emit_verdict(f, abi, r->verdict);
		return;
	}
	emit(f, BPF_JMP | BPF_JGE | BPF_K, r[half].first, 0, 0);
	emit_search(f, abi, r, half);
	jump_over(f, at);
	emit_search(f, abi, r + half, n - half);
}

/* Whoever answers all calls with a path knows the machine's own ABI only. */
static bool
is_served(const struct filter_abi *abi, unsigned kinds)
{
	return (kinds & FILTER_ASKS_ALL) == 0 || abi->set == abi->machine;
}

/* Emits the part for the ABIs from FIRST on that have the same audit value; returns their
 * number. */
static size_t
emit_audit(struct filter *f, size_t first, unsigned kinds)
{
	struct filter_ranges ranges = { 0 };
	size_t jump = 0, i = first;

	for (; i < filter_n_abis && filter_abis[i].audit == filter_abis[first].audit; i++)
		if (is_served(&filter_abis[i], kinds))
			filter_add_abi(&ranges, &filter_abis[i], kinds);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, filter_abis[first].audit, 1, 0);
	jump = f->code.n;
	emit(f, BPF_JMP | BPF_JA, 0, 0, 0);
	emit(f, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	emit_search(f, &filter_abis[first], ranges.list.at, ranges.list.n);
	f->code.at[jump].k = (uint32_t)(f->code.n - jump - 1);
	array_clear(&ranges.list);
	return i - first;
}

void
filter_compile(struct filter *out, unsigned kinds)
{
	uint32_t machine = seccomp_arch_native();
	bool known = false;

	emit(out, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	for (size_t i = 0; i < filter_n_abis;) {
		bool wanted = filter_abis[i].machine == machine &&
		              is_served(&filter_abis[i], kinds);

		known = known || wanted;
		i += wanted ? emit_audit(out, i, kinds) : 1;
	}
	/* Calls of an architecture that is not listed do not exist. */
	emit_return(out, SECCOMP_RET_ERRNO | ENOSYS);
	if (!known)
		filter_clear(out);
}

void
filter_clear(struct filter *f)
{
	array_clear(&f->code);
}
