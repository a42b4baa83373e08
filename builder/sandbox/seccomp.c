#include "builder/sandbox/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One set of call numbers. SET is libseccomp's name of it. */
struct abi {
	uint32_t machine; /* what this machine must be for it to matter */
	uint32_t set;
	uint32_t audit;      /* what the kernel calls it in a filter */
	uint32_t base;       /* of its numbers */
	bool multiplexed;    /* has socketcall() and ipc() */
	uint8_t clone_flags; /* index of clone's argument */
};

#define X32_BASE 0x40000000U

/* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, which headers may lack. */
#define WAIT_KILLABLE (1U << 5)

/* Rows with the same audit value must stand together, by rising base. */
static const struct abi abis[] = {
	{ SCMP_ARCH_X86_64, SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, 0, false, 0 },
	{ SCMP_ARCH_X86_64, SCMP_ARCH_X32, AUDIT_ARCH_X86_64, X32_BASE, false, 0 },
	{ SCMP_ARCH_X86_64, SCMP_ARCH_X86, AUDIT_ARCH_I386, 0, true, 0 },
	{ SCMP_ARCH_AARCH64, SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, 0, false, 0 },
	{ SCMP_ARCH_AARCH64, SCMP_ARCH_ARM, AUDIT_ARCH_ARM, 0, false, 0 },
	{ SCMP_ARCH_RISCV64, SCMP_ARCH_RISCV64, AUDIT_ARCH_RISCV64, 0, false, 0 },
	{ SCMP_ARCH_S390X, SCMP_ARCH_S390X, AUDIT_ARCH_S390X, 0, true, 1 },
	{ SCMP_ARCH_S390X, SCMP_ARCH_S390, AUDIT_ARCH_S390, 0, true, 1 },
};

/* Direct calls that x86 and s390 have beside socketcall() and ipc(), for which
 * libseccomp does not tell the numbers. */
static const struct {
	const char *name;
	int number;
} direct[] = {
	{ "socket", 359 },      { "socketpair", 360 }, { "bind", 361 },
	{ "connect", 362 },     { "listen", 363 },     { "accept4", 364 },
	{ "getsockopt", 365 },  { "setsockopt", 366 }, { "getsockname", 367 },
	{ "getpeername", 368 }, { "sendto", 369 },     { "sendmsg", 370 },
	{ "recvfrom", 371 },    { "recvmsg", 372 },    { "shutdown", 373 },
	{ "semget", 393 },      { "semctl", 394 },     { "shmget", 395 },
	{ "shmctl", 396 },      { "shmat", 397 },      { "shmdt", 398 },
	{ "msgget", 399 },      { "msgsnd", 400 },     { "msgrcv", 401 },
	{ "msgctl", 402 },
};

/* Calls from FIRST up to the next range get VERDICT. */
struct range {
	uint32_t first;
	uint8_t verdict;
};

struct ranges {
	ARRAY(struct range) list;
};

static int
number_of(const struct abi *abi, const struct filter_rule *rule)
{
	int number = seccomp_syscall_resolve_name_arch(abi->set, rule->name);

	if (number >= 0)
		return number;
	if (rule->number >= 0)
		return (int)abi->base + rule->number;
	for (size_t i = 0; abi->multiplexed && i < sizeof direct / sizeof *direct; i++)
		if (strcmp(direct[i].name, rule->name) == 0)
			return direct[i].number;
	return -1;
}

static int
by_first(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* What was said of FIRST before does not count. Ranges that follow one another differ:
 * the kernel's time to take a filter grows with its length. */
static void
add_range(struct ranges *r, uint32_t first, enum verdict verdict)
{
	while (r->list.n > 0 && r->list.at[r->list.n - 1].first == first)
		r->list.n--;
	if (r->list.n == 0 || r->list.at[r->list.n - 1].verdict != verdict)
		array_push(&r->list, ((struct range){ first, (uint8_t)verdict }));
}

static bool
is_one_of(const char *name, const char *const *list)
{
	while (*list != NULL && strcmp(*list, name) != 0)
		list++;
	return *list != NULL;
}

/* What a supervisor of paths must see. Paths that start in an open directory are not
 * asked for (walks of large trees are made of these), nor files that must be new. */
static bool
asks_for_path(const char *name, enum verdict *out)
{
	static const char *const plain[] = { "stat",  "lstat",  "access", "readlink",
		                             "chmod", "chroot", NULL };
	static const char *const at[] = { "newfstatat", "statx",      "faccessat",
		                          "faccessat2", "readlinkat", "fchmodat",
		                          NULL };

	if (strcmp(name, "open") == 0)
		*out = VERDICT_ASK_OPEN;
	else if (strcmp(name, "openat") == 0)
		*out = VERDICT_ASK_OPEN_AT;
	else if (is_one_of(name, at))
		*out = VERDICT_ASK_AT;
	else if (is_one_of(name, plain))
		*out = VERDICT_ASK;
	else
		return false;
	return true;
}

/* … and one of owners. */
static bool
asks_for_owner(const char *name, enum verdict *out)
{
	static const char *const always[] = {
		"stat",      "lstat",    "fstat",     "newfstatat", "statx",
		"chown",     "lchown",   "fchown",    "fchownat",   "creat",
		"mkdir",     "mkdirat",  "mknod",     "mknodat",    "symlink",
		"symlinkat", "execve",   "execveat",  "chroot",     "setuid",
		"setgid",    "setreuid", "setregid",  "setresuid",  "setresgid",
		"setfsuid",  "setfsgid", "setgroups", "getuid",     "geteuid",
		"getgid",    "getegid",  "getresuid", "getresgid",  "getgroups",
		NULL
	};

	if (strcmp(name, "open") == 0)
		*out = VERDICT_ASK_CREATE;
	else if (strcmp(name, "openat") == 0)
		*out = VERDICT_ASK_CREATE_AT;
	else if (strcmp(name, "setrlimit") == 0)
		*out = VERDICT_LIMIT;
	else if (strcmp(name, "prlimit64") == 0)
		*out = VERDICT_LIMIT_OF;
	else if (is_one_of(name, always))
		*out = VERDICT_ASK;
	else
		return false;
	return true;
}

/* What a supervisor of owners must see, where there is more to look after. */
static enum verdict
also(enum verdict verdict, unsigned kinds)
{
	const bool opens = verdict == VERDICT_ASK_CREATE ||
	                   verdict == VERDICT_ASK_CREATE_AT;

	if (verdict == VERDICT_LIMIT_OF && (kinds & FILTER_OWN_LIMITS) != 0)
		return VERDICT_OWN_LIMIT_OF;
	return opens && (kinds & FILTER_ASKS_PATHS) != 0 ? VERDICT_ASK : verdict;
}

static enum verdict
verdict_of(const struct filter_rule *rule, const struct abi *abi, unsigned kinds)
{
	static const char *const tracing[] = {
		"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp",
		NULL
	};
	const unsigned asking = FILTER_ASKS_OWNERS | FILTER_ASKS_PATHS;
	const bool asks = abi->set == abi->machine;
	enum verdict verdict = VERDICT_REFUSE;

	/* How it opens is in memory, where a filter cannot look; there is openat(). */
	if ((kinds & asking) != 0 && strcmp(rule->name, "openat2") == 0)
		return VERDICT_MISSING;
	if (asks && (kinds & FILTER_ASKS_OWNERS) != 0 &&
	    asks_for_owner(rule->name, &verdict))
		return also(verdict, kinds);
	if (asks && (kinds & FILTER_ASKS_PATHS) != 0 &&
	    asks_for_path(rule->name, &verdict))
		return verdict;
	if ((kinds & FILTER_NO_TRACING) != 0 && is_one_of(rule->name, tracing))
		return VERDICT_REFUSE;
	if ((kinds & FILTER_NO_NETWORK) != 0 && rule->verdict == VERDICT_SOCKET)
		return VERDICT_LOCAL_SOCKET;
	/* Its arguments are in memory, where a filter cannot look; there are direct
	 * calls. */
	if ((kinds & FILTER_NO_NETWORK) != 0 && strcmp(rule->name, "socketcall") == 0)
		return VERDICT_REFUSE;
	if ((kinds & FILTER_OWN_LIMITS) != 0 && strcmp(rule->name, "prlimit64") == 0)
		return VERDICT_OWN_LIMIT;
	return (enum verdict)rule->verdict;
}

/* Adds the numbers of one ABI: known ones, refused gaps, missing ones above. */
static void
add_abi(struct ranges *out, const struct abi *abi, unsigned kinds)
{
	struct ranges calls = { 0 };

	for (size_t i = 0; i < filter_n_rules; i++) {
		int number = number_of(abi, &filter_rules[i]);

		if (number >= 0)
			array_push(&calls.list,
			           ((struct range){ (uint32_t)number,
			                            (uint8_t)verdict_of(&filter_rules[i],
			                                                abi, kinds) }));
	}
	array_sort(&calls.list, by_first);
	add_range(out, abi->base, VERDICT_REFUSE);
	for (size_t i = 0; i < calls.list.n; i++) {
		add_range(out, calls.list.at[i].first, calls.list.at[i].verdict);
		add_range(out, calls.list.at[i].first + 1, VERDICT_REFUSE);
	}
	add_range(out, abi->base + FILTER_LAST + 1, VERDICT_MISSING);
	array_clear(&calls.list);
}

/* ------------------------------------------------------------ code */

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

/* Loads the low half of argument I: what the kernel looks at of an int. */
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

/* The resource is argument I; with a new value in argument I + 1 to be read. */
static void
emit_limit(struct filter *f, unsigned i)
{
	emit_load_argument(f, i);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, RLIMIT_RTTIME, 1, 0);
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

static void
emit_clone(struct filter *f, const struct abi *abi)
{
	emit_load_argument(f, abi->clone_flags);
	emit(f, BPF_JMP | BPF_JSET | BPF_K,
	     CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
	             CLONE_NEWPID | CLONE_NEWNET,
	     0, 1);
	emit_return(f, SECCOMP_RET_ERRNO | EPERM);
	emit_return(f, SECCOMP_RET_ALLOW);
}

/* Linux, the same for 32 bits, each also with a version of 2.6, and the question
 * which one it is. */
static void
emit_personality(struct filter *f)
{
	static const uint32_t allowed[] = { 0x0, 0x8, 0x20000, 0x20008, 0xffffffff };
	const uint8_t n = sizeof allowed / sizeof *allowed;

	emit_load_argument(f, 0);
	for (uint8_t i = 0; i < n; i++)
		emit(f, BPF_JMP | BPF_JEQ | BPF_K, allowed[i], (uint8_t)(n - i), 0);
	emit_return(f, SECCOMP_RET_ERRNO | EPERM);
	emit_return(f, SECCOMP_RET_ALLOW);
}

static void
emit_verdict(struct filter *f, const struct abi *abi, enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_REFUSE:
		emit_return(f, SECCOMP_RET_ERRNO | EPERM);
		break;
	case VERDICT_ALLOW:
		emit_return(f, SECCOMP_RET_ALLOW);
		break;
	case VERDICT_DONE:
		emit_return(f, SECCOMP_RET_ERRNO | 0);
		break;
	case VERDICT_MISSING:
		emit_return(f, SECCOMP_RET_ERRNO | ENOSYS);
		break;
	case VERDICT_CLONE:
		emit_clone(f, abi);
		break;
	case VERDICT_SOCKET:
		emit_socket(f);
		break;
	case VERDICT_PERSONALITY:
		emit_personality(f);
		break;
	case VERDICT_ASK:
		emit_return(f, SECCOMP_RET_USER_NOTIF);
		break;
	case VERDICT_ASK_AT:
		emit_if_at_cwd(f);
		emit_return(f, SECCOMP_RET_USER_NOTIF);
		break;
	case VERDICT_ASK_OPEN:
		emit_ask_open(f, 1);
		break;
	case VERDICT_ASK_OPEN_AT:
		emit_if_at_cwd(f);
		emit_ask_open(f, 2);
		break;
	case VERDICT_LOCAL_SOCKET:
		emit_local_socket(f);
		break;
	case VERDICT_ASK_CREATE:
		emit_ask_create(f, 1);
		break;
	case VERDICT_ASK_CREATE_AT:
		emit_ask_create(f, 2);
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
emit_search(struct filter *f, const struct abi *abi, const struct range *r, size_t n)
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

/* The ABIs from FIRST on that the kernel calls alike; the number of them. */
static size_t
emit_audit(struct filter *f, size_t first, unsigned kinds)
{
	struct ranges ranges = { 0 };
	size_t jump = 0, i = first;

	for (; i < sizeof abis / sizeof *abis && abis[i].audit == abis[first].audit; i++)
		add_abi(&ranges, &abis[i], kinds);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, abis[first].audit, 1, 0);
	jump = f->code.n;
	emit(f, BPF_JMP | BPF_JA, 0, 0, 0);
	emit(f, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	emit_search(f, &abis[first], ranges.list.at, ranges.list.n);
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
	for (size_t i = 0; i < sizeof abis / sizeof *abis;) {
		bool wanted = abis[i].machine == machine;

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

int
filter_install(const struct sock_filter *code, size_t n)
{
	struct sock_fprog program = { .len = (unsigned short)n,
		                      .filter = (struct sock_filter *)(uintptr_t)code };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

/* A signal must not make the caller ask twice for what was done once; before Linux
 * 5.19 it may. */
int
filter_install_asking(const struct sock_filter *code, size_t n)
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
