#include "builder/sandbox/filter_verdict.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <string.h>

#include "base/count.h"

#define X32_BASE 0x40000000U

/* Rows with the same audit value must stand together, by rising base. */
const struct filter_abi filter_abis[] = {
	{ SCMP_ARCH_X86_64, SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, 0, false, 0 },
	{ SCMP_ARCH_X86_64, SCMP_ARCH_X32, AUDIT_ARCH_X86_64, X32_BASE, false, 0 },
	{ SCMP_ARCH_X86_64, SCMP_ARCH_X86, AUDIT_ARCH_I386, 0, true, 0 },
	{ SCMP_ARCH_AARCH64, SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, 0, false, 0 },
	{ SCMP_ARCH_AARCH64, SCMP_ARCH_ARM, AUDIT_ARCH_ARM, 0, false, 0 },
	{ SCMP_ARCH_RISCV64, SCMP_ARCH_RISCV64, AUDIT_ARCH_RISCV64, 0, false, 0 },
	{ SCMP_ARCH_S390X, SCMP_ARCH_S390X, AUDIT_ARCH_S390X, 0, true, 1 },
	{ SCMP_ARCH_S390X, SCMP_ARCH_S390, AUDIT_ARCH_S390, 0, true, 1 },
};
const size_t filter_n_abis = COUNT_OF(filter_abis);

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

static int
number_of(const struct filter_abi *abi, const struct filter_rule *rule)
{
	int number = seccomp_syscall_resolve_name_arch(abi->set, rule->name);

	if (number >= 0)
		return number;
	if (rule->number >= 0)
		return (int)abi->base + rule->number;
	for (size_t i = 0; abi->multiplexed && i < COUNT_OF(direct); i++)
		if (strcmp(direct[i].name, rule->name) == 0)
			return direct[i].number;
	return -1;
}

static int
by_first(const void *a, const void *b)
{
	const struct filter_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* Replaces an earlier verdict for FIRST. Adjacent ranges with equal verdicts are merged,
 * because the kernel's time to load a filter grows with its length. */
static void
add_range(struct filter_ranges *r, uint32_t first, enum verdict verdict)
{
	while (r->list.n > 0 && r->list.at[r->list.n - 1].first == first)
		r->list.n--;
	if (r->list.n == 0 || r->list.at[r->list.n - 1].verdict != verdict)
		array_push(&r->list, ((struct filter_range){ first, (uint8_t)verdict }));
}

static bool
is_one_of(const char *name, const char *const *list)
{
	while (*list != NULL && strcmp(*list, name) != 0)
		list++;
	return *list != NULL;
}

/* Calls that a supervisor of paths must see. Paths that start in an open directory do not
 * go to it (walks of large trees consist of these), nor do files that must be new. */
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

/* … and those for a supervisor of owners. */
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

/* Calls about device nodes that process 1 must see, for all ABIs of the machine. */
static bool
asks_for_node(const char *name, enum verdict *out)
{
	if (strcmp(name, "mknod") == 0)
		*out = VERDICT_ASK_NODE;
	else if (strcmp(name, "mknodat") == 0)
		*out = VERDICT_ASK_NODE_AT;
	else if (strcmp(name, "seccomp") == 0)
		*out = VERDICT_NO_LISTENER;
	else
		return false;
	return true;
}

/* Calls that a step without a root of its own must not make itself, and some without
 * effect; in FILTER_ASKS_ALL. */
static bool
asks_for_all(const char *name, enum verdict *out)
{
	static const char *const always[] = {
		"open",         "openat",      "creat",           "stat",
		"lstat",        "fstat",       "newfstatat",      "statx",
		"access",       "faccessat",   "faccessat2",      "readlink",
		"readlinkat",   "getcwd",      "mkdir",           "mkdirat",
		"rmdir",        "unlink",      "unlinkat",        "rename",
		"renameat",     "renameat2",   "link",            "linkat",
		"symlink",      "symlinkat",   "mknod",           "mknodat",
		"chmod",        "fchmod",      "fchmodat",        "chown",
		"lchown",       "fchown",      "fchownat",        "truncate",
		"statfs",       "utime",       "utimes",          "futimesat",
		"setxattr",     "lsetxattr",   "fsetxattr",       "getxattr",
		"lgetxattr",    "fgetxattr",   "listxattr",       "llistxattr",
		"flistxattr",   "removexattr", "lremovexattr",    "fremovexattr",
		"chdir",        "chroot",      "umask",           "execve",
		"kill",         "tkill",       "tgkill",          "rt_sigqueueinfo",
		"pidfd_open",   "ptrace",      "process_vm_readv", "process_vm_writev",
		"setuid",       "setgid",      "setreuid",        "setregid",
		"setresuid",    "setresgid",   "setfsuid",        "setfsgid",
		"setgroups",    "getuid",      "geteuid",         "getgid",
		"getegid",      "getresuid",   "getresgid",       "getgroups",
		"rt_tgsigqueueinfo", "setpriority", "ioprio_set", "sched_setaffinity",
		"sched_setattr", "sched_setparam", "sched_setscheduler", NULL
	};
	static const char *const redone[] = { "execveat", "bind",     "connect",
		                              "sendmsg",  "sendmmsg", "inotify_add_watch",
		                              NULL };
	static const char *const missing[] = {
		"openat2",     "fchmodat2",   "setxattrat",        "getxattrat",
		"listxattrat", "removexattrat", "name_to_handle_at", "statmount",
		"listmount",   "pidfd_send_signal", NULL
	};
	static const char *const refused[] = { "fanotify_mark", "pidfd_getfd", "kcmp",
		                               NULL };
	static const struct {
		const char *name;
		enum verdict verdict;
	} others[] = { { "utimensat", VERDICT_ASK_TIMES },
		       { "sendto", VERDICT_ASK_ADDRESS },
		       { "fcntl", VERDICT_ASK_OWNER_OF_FD },
		       { "prctl", VERDICT_PRCTL },
		       { "capset", VERDICT_DONE },
		       { "ioctl", VERDICT_IOCTL },
		       { "seccomp", VERDICT_NO_FILTER },
		       { "setrlimit", VERDICT_LIMIT },
		       { "prlimit64", VERDICT_OWN_LIMIT_OF } };

	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (strcmp(others[i].name, name) == 0) {
			*out = others[i].verdict;
			return true;
		}
	*out = is_one_of(name, always)    ? VERDICT_ASK
	       : is_one_of(name, redone)  ? VERDICT_ASK_NOT_REDONE
	       : is_one_of(name, missing) ? VERDICT_MISSING
	                                  : VERDICT_REFUSE;
	return *out != VERDICT_REFUSE || is_one_of(name, refused);
}

/* Further calls that a supervisor of owners must see. */
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
verdict_of(const struct filter_rule *rule, const struct filter_abi *abi, unsigned kinds)
{
	static const char *const tracing[] = {
		"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp",
		NULL
	};
	const unsigned asking = FILTER_ASKS_OWNERS | FILTER_ASKS_PATHS;
	const bool asks = abi->set == abi->machine;
	enum verdict verdict = VERDICT_REFUSE;

	if (asks && (kinds & (asking | FILTER_ASKS_ALL)) != 0 &&
	    strcmp(rule->name, "rt_sigaction") == 0)
		return VERDICT_ASK_CHILD_SIGNAL;
	if ((kinds & FILTER_ASKS_ALL) != 0 && asks_for_all(rule->name, &verdict))
		return verdict;
	/* The flags of openat2() are in memory, which a filter cannot read; programs fall
	 * back to openat(). */
	if ((kinds & asking) != 0 && strcmp(rule->name, "openat2") == 0)
		return VERDICT_MISSING;
	if (asks && (kinds & FILTER_ASKS_OWNERS) != 0 &&
	    asks_for_owner(rule->name, &verdict))
		return also(verdict, kinds);
	if (asks && (kinds & FILTER_ASKS_PATHS) != 0 &&
	    asks_for_path(rule->name, &verdict))
		return verdict;
	if ((kinds & FILTER_ASKS_NODES) != 0 && asks_for_node(rule->name, &verdict))
		return verdict;
	if ((kinds & FILTER_NO_TRACING) != 0 && is_one_of(rule->name, tracing))
		return VERDICT_REFUSE;
	if ((kinds & FILTER_NO_NETWORK) != 0 && rule->verdict == VERDICT_SOCKET)
		return VERDICT_LOCAL_SOCKET;
	/* The arguments are in memory, which a filter cannot read; there are direct
	 * calls. */
	if ((kinds & FILTER_NO_NETWORK) != 0 && strcmp(rule->name, "socketcall") == 0)
		return VERDICT_REFUSE;
	if ((kinds & FILTER_OWN_LIMITS) != 0 && strcmp(rule->name, "prlimit64") == 0)
		return VERDICT_OWN_LIMIT;
	return (enum verdict)rule->verdict;
}

void
filter_add_abi(struct filter_ranges *out, const struct filter_abi *abi, unsigned kinds)
{
	struct filter_ranges calls = { 0 };

	for (size_t i = 0; i < filter_n_rules; i++) {
		int number = number_of(abi, &filter_rules[i]);

		if (number >= 0)
			array_push(&calls.list,
			           ((struct filter_range){
			                   (uint32_t)number,
			                   (uint8_t)verdict_of(&filter_rules[i], abi,
			                                       kinds) }));
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
