#include "builder/sandbox/filter.h"
#include "builder/sandbox/inside/filter_install.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ALLOWED   SECCOMP_RET_ALLOW
#define GETS(sys) (SECCOMP_RET_ERRNO | (sys))
#define DONE      GETS(0)

/* ------------------------------------------------------------ interpreter */

static uint32_t
load(const struct seccomp_data *data, uint32_t at)
{
	uint32_t word;

	assert_true(at % 4 == 0 && at + 4 <= sizeof *data);
	memcpy(&word, (const char *)data + at, 4);
	return word;
}

/* What the kernel would say; *STEPS is how long it would take. */
static uint32_t
decide(const struct filter *f, const struct seccomp_data *data, size_t *steps)
{
	uint32_t a = 0;

	*steps = 0;
	for (size_t i = 0; i < f->code.n; i++) {
		const struct sock_filter *c = &f->code.at[i];
		bool yes = false;

		++*steps;
		switch (c->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			a = load(data, c->k);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= c->k;
			continue;
		case BPF_RET | BPF_K:
			return c->k;
		case BPF_JMP | BPF_JA:
			i += c->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == c->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= c->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = (a & c->k) != 0;
			break;
		default:
			fail_msg("instruction %zu has code %x", i, c->code);
		}
		i += yes ? c->jt : c->jf;
	}
	fail_msg("the end without a verdict");
	return 0;
}

struct notification {
	uint32_t arch;
	int nr;
	uint64_t arg;
	uint32_t answer;
};

static void
ask_all(const struct notification *table, size_t n, unsigned kinds)
{
	struct filter f = { 0 };
	size_t steps = 0;

	filter_compile(&f, kinds);
	assert_true(f.code.n > 0);
	for (size_t i = 0; i < n; i++) {
		const struct seccomp_data data = { .nr = table[i].nr,
			                           .arch = table[i].arch,
			                           .args = { table[i].arg } };
		uint32_t answer = decide(&f, &data, &steps);

		if (answer != table[i].answer)
			fail_msg("arch %x call %d(%#llx): %#x instead of %#x",
			         table[i].arch, table[i].nr,
			         (unsigned long long)table[i].arg, answer,
			         table[i].answer);
		/* A search, not a list. */
		assert_true(steps < 60);
	}
	filter_clear(&f);
}

#define ask(table) ask_all(table, sizeof(table) / sizeof *(table), 0)

/* ------------------------------------------------------------ verdicts */

#ifdef __x86_64__

#define X64 AUDIT_ARCH_X86_64
#define X32 0x40000000

static void
calls_of_programs_are_allowed_and_those_of_administrators_are_not(void **state)
{
	static const struct notification table[] = {
		{ X64, SYS_read, 0, ALLOWED },
		{ X64, SYS_execve, 0, ALLOWED },
		{ X64, SYS_chroot, 0, ALLOWED },
		{ X64, SYS_ptrace, 0, ALLOWED },
		{ X64, SYS_statx, 0, ALLOWED },
		{ X64, SYS_openat2, 0, ALLOWED },
		{ X64, 452 /* fchmodat2 */, 0, ALLOWED },
		{ X64, 462 /* mseal */, 0, ALLOWED },
		{ X64, SYS_mount, 0, GETS(EPERM) },
		{ X64, SYS_umount2, 0, GETS(EPERM) },
		{ X64, SYS_unshare, 0, GETS(EPERM) },
		{ X64, SYS_setns, 0, GETS(EPERM) },
		{ X64, SYS_pivot_root, 0, GETS(EPERM) },
		{ X64, SYS_reboot, 0, GETS(EPERM) },
		{ X64, SYS_init_module, 0, GETS(EPERM) },
		{ X64, SYS_kexec_load, 0, GETS(EPERM) },
		{ X64, SYS_bpf, 0, GETS(EPERM) },
		{ X64, SYS_perf_event_open, 0, GETS(EPERM) },
		{ X64, SYS_keyctl, 0, GETS(EPERM) },
		{ X64, SYS_userfaultfd, 0, GETS(EPERM) },
		{ X64, 425 /* io_uring_setup */, 0, GETS(EPERM) },
		{ X64, 428 /* open_tree */, 0, GETS(EPERM) },
		{ X64, 438 /* pidfd_getfd */, 0, GETS(EPERM) },
	};

	(void)state;
	ask(table);
}

static void
durability_is_answered_as_done(void **state)
{
	static const struct notification table[] = {
		{ X64, SYS_fsync, 3, DONE },  { X64, SYS_fdatasync, 3, DONE },
		{ X64, SYS_sync, 0, DONE },   { X64, SYS_sync_file_range, 3, DONE },
		{ X64, SYS_syncfs, 3, DONE }, { X64, SYS_msync, 0, ALLOWED },
	};

	(void)state;
	ask(table);
}

static void
calls_that_are_newer_than_the_list_do_not_exist(void **state)
{
	static const struct notification table[] = {
		{ X64, FILTER_LAST, 0, GETS(EPERM) },
		{ X64, FILTER_LAST + 1, 0, GETS(ENOSYS) },
		{ X64, 100000, 0, GETS(ENOSYS) },
		{ X64, SYS_clone3, 0, GETS(ENOSYS) },
		{ X64, -1, 0, GETS(ENOSYS) },
	};

	(void)state;
	ask(table);
}

static void
arguments_decide_about_clone_socket_and_personality(void **state)
{
	static const struct notification table[] = {
		{ X64, SYS_clone, SIGCHLD, ALLOWED },
		{ X64, SYS_clone, CLONE_VM | CLONE_THREAD, ALLOWED },
		{ X64, SYS_clone, CLONE_NEWUSER | SIGCHLD, GETS(EPERM) },
		{ X64, SYS_clone, CLONE_NEWNS, GETS(EPERM) },
		{ X64, SYS_clone, CLONE_NEWCGROUP, GETS(EPERM) },
		{ X64, SYS_clone, CLONE_NEWNET | CLONE_NEWPID, GETS(EPERM) },
		{ X64, SYS_socket, AF_UNIX, ALLOWED },
		{ X64, SYS_socket, AF_INET6, ALLOWED },
		{ X64, SYS_socket, AF_NETLINK, ALLOWED },
		{ X64, SYS_socket, 38 /* AF_ALG */, GETS(EPERM) },
		{ X64, SYS_socket, 40 /* AF_VSOCK */, GETS(EPERM) },
		/* The kernel looks at an int of it. */
		{ X64, SYS_socket, (UINT64_C(1) << 32) + 38, GETS(EPERM) },
		{ X64, SYS_personality, 0, ALLOWED },
		{ X64, SYS_personality, 0xffffffff, ALLOWED },
		{ X64, SYS_personality, ADDR_NO_RANDOMIZE, GETS(EPERM) },
		{ X64, SYS_personality, PER_LINUX32, ALLOWED },
		{ X64, SYS_personality, READ_IMPLIES_EXEC, GETS(EPERM) },
	};

	(void)state;
	ask(table);
}

static void
where_the_network_and_other_processes_are_not_away_they_are_refused(void **state)
{
	static const struct notification table[] = {
		{ X64, SYS_socket, AF_UNIX, ALLOWED },
		{ X64, SYS_socket, AF_INET, GETS(EAFNOSUPPORT) },
		{ AUDIT_ARCH_I386, 359 /* socket */, AF_INET, GETS(EAFNOSUPPORT) },
		{ AUDIT_ARCH_I386, 102 /* socketcall */, 1, GETS(EPERM) },
		{ X64, SYS_prlimit64, 0, ALLOWED },
		{ X64, SYS_prlimit64, 1, GETS(EPERM) },
		{ AUDIT_ARCH_I386, 340 /* prlimit64 */, 1, GETS(EPERM) },
	};

	(void)state;
	ask_all(table, sizeof table / sizeof *table,
	        FILTER_NO_NETWORK | FILTER_OWN_LIMITS);
}

#define ASKED SECCOMP_RET_USER_NOTIF

/* Mode and device are arguments AT and AT + 1. */
static void
ask_node(uint32_t arch, int nr, unsigned at, uint64_t mode, uint64_t dev, uint32_t answer)
{
	struct seccomp_data data = { .nr = nr, .arch = arch };
	struct filter f = { 0 };
	size_t steps = 0;
	uint32_t got = 0;

	data.args[at] = mode;
	data.args[at + 1] = dev;
	filter_compile(&f, FILTER_ASKS_NODES);
	got = decide(&f, &data, &steps);
	if (got != answer)
		fail_msg("arch %x call %d mode %llo device %llx: %#x instead of %#x",
		         arch, nr, (unsigned long long)mode, (unsigned long long)dev, got,
		         answer);
	filter_clear(&f);
}

static void
device_nodes_are_asked_about_unless_they_are_harmless(void **state)
{
	static const uint64_t high = UINT64_C(1) << 32;
	static const struct {
		uint64_t mode, dev;
		uint32_t answer;
	} nodes[] = {
		{ 0, 0, ALLOWED },
		{ 0644, 0x800, ALLOWED },
		{ S_IFREG | 0644, 0x800, ALLOWED },
		{ S_IFIFO | 0644, 0x101, ALLOWED },
		{ S_IFSOCK | 0644, 0x101, ALLOWED },
		{ S_IFCHR | 0666, 0, ALLOWED },
		{ S_IFCHR | 0666, 0x103, ALLOWED },
		{ S_IFCHR | 0666, 0x105, ALLOWED },
		{ S_IFCHR | 0666, 0x107, ALLOWED },
		{ S_IFCHR | 0666, 0x108, ALLOWED },
		{ S_IFCHR | 07777, 0x109, ALLOWED },
		{ S_IFCHR, 0x500, ALLOWED },
		{ S_IFCHR | 0666, 0x101, ASKED },
		{ S_IFCHR | 0666, 0x104, ASKED },
		{ S_IFCHR | 0666, 0x10b, ASKED },
		{ S_IFCHR | 0666, 0x501, ASKED },
		{ S_IFCHR | 0666, 0x502, ASKED },
		{ S_IFCHR | 0666, 0xac8, ASKED },
		/* Numbers above 255 are in other bits. */
		{ S_IFCHR | 0666, 0x100103, ASKED },
		{ S_IFCHR | 0666, 0x80000103, ASKED },
		{ S_IFCHR | 0666, 0x10103, ASKED },
		{ S_IFBLK | 0666, 0, ASKED },
		{ S_IFBLK | 0666, 0x103, ASKED },
		{ S_IFBLK | 0666, 0x800, ASKED },
		{ S_IFDIR | 0755, 0x103, ASKED },
		{ S_IFLNK | 0755, 0x103, ASKED },
		{ 0170000, 0x103, ASKED },
		/* The kernel looks at 16 bits of the one, at 32 of the other. */
		{ (S_IFBLK | 0666) + 0x10000, 0x800, ASKED },
		{ (S_IFBLK | 0666) + high, 0x800, ASKED },
		{ S_IFCHR | 0666, high + 0x103, ALLOWED },
		{ S_IFCHR | 0666, high + 0x101, ASKED },
		{ (S_IFREG | 0666) + 0xffff0000, 0x101, ALLOWED },
	};
	static const struct {
		uint32_t arch;
		int nr;
		unsigned at;
	} calls[] = {
		{ X64, SYS_mknod, 1 },       { X64, SYS_mknodat, 2 },
		{ X64, X32 | SYS_mknod, 1 }, { X64, X32 | SYS_mknodat, 2 },
		{ AUDIT_ARCH_I386, 14, 1 },  { AUDIT_ARCH_I386, 297, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
		for (size_t k = 0; k < sizeof calls / sizeof *calls; k++)
			ask_node(calls[k].arch, calls[k].nr, calls[k].at, nodes[i].mode,
			         nodes[i].dev, nodes[i].answer);
}

/* Who had one of its own could allow itself what is asked. */
static void
who_is_asked_about_nodes_has_no_listener_of_its_own(void **state)
{
	const uint64_t flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	static const struct {
		uint32_t arch;
		int nr;
	} calls[] = {
		{ X64, SYS_seccomp },
		{ X64, X32 | SYS_seccomp },
		{ AUDIT_ARCH_I386, 354 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		const uint32_t arch = calls[i].arch;
		const int nr = calls[i].nr;

		ask_node(arch, nr, 1, 0, 0, ALLOWED);
		ask_node(arch, nr, 1, SECCOMP_FILTER_FLAG_TSYNC, 0, ALLOWED);
		ask_node(arch, nr, 1, flags, 0, GETS(EBUSY));
		ask_node(arch, nr, 1, flags | SECCOMP_FILTER_FLAG_LOG, 0, GETS(EBUSY));
		ask_node(arch, nr, 1, flags | (UINT64_C(1) << 40), 0, GETS(EBUSY));
	}
}

static uint32_t
decide_for_all(int nr, uint64_t first, uint64_t second)
{
	struct filter f = { .cookie = UINT64_C(0x123456789abcdef0) };
	const struct seccomp_data data = { .nr = nr,
		                           .arch = X64,
		                           .args = { first, second, 1, 0, 0, 1 } };
	size_t steps = 0;
	uint32_t answer = 0;

	filter_compile(&f, FILTER_ASKS_ALL);
	answer = decide(&f, &data, &steps);
	filter_clear(&f);
	return answer;
}

static void
without_a_root_nothing_names_a_file_a_process_or_a_filter(void **state)
{
	static const struct {
		int nr;
		uint64_t first, second;
		uint32_t answer;
	} calls[] = {
		{ SYS_openat, 0, 0, SECCOMP_RET_USER_NOTIF },
		{ SYS_connect, 0, 0, SECCOMP_RET_USER_NOTIF },
		{ SYS_openat2, 0, 0, SECCOMP_RET_ERRNO | ENOSYS },
		{ SYS_openat + X32, 0, 0, SECCOMP_RET_ERRNO | ENOSYS },
		{ 600, 0, 0, SECCOMP_RET_ERRNO | ENOSYS },
		{ SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, SECCOMP_RET_ERRNO | 0 },
		{ SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, SECCOMP_RET_ERRNO | 0 },
		{ SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		  SECCOMP_RET_ERRNO | EBUSY },
		{ SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, SECCOMP_RET_ALLOW },
		{ SYS_prctl, PR_SET_SECCOMP, 2, SECCOMP_RET_ERRNO | 0 },
		{ SYS_prctl, PR_SET_NAME, 0, SECCOMP_RET_ALLOW },
		{ SYS_fcntl, 0, F_SETOWN, SECCOMP_RET_USER_NOTIF },
		{ SYS_fcntl, 0, F_SETLEASE, SECCOMP_RET_ERRNO | EAGAIN },
		{ SYS_fcntl, 0, F_SETFL, SECCOMP_RET_ALLOW },
		{ SYS_ioctl, 0, FIOSETOWN, SECCOMP_RET_ERRNO | EPERM },
		{ SYS_ioctl, 0, SIOCSPGRP, SECCOMP_RET_ERRNO | EPERM },
		{ SYS_ioctl, 0, FIONBIO, SECCOMP_RET_ALLOW },
		{ SYS_setrlimit, RLIMIT_CORE, 1, SECCOMP_RET_ERRNO | 0 },
		{ SYS_setrlimit, RLIMIT_NOFILE, 1, SECCOMP_RET_ALLOW },
		{ SYS_pidfd_send_signal, 0, 0, SECCOMP_RET_ERRNO | ENOSYS },
		{ SYS_setpriority, 0, 1, SECCOMP_RET_USER_NOTIF },
	};

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (decide_for_all(calls[i].nr, calls[i].first, calls[i].second) !=
		    calls[i].answer)
			fail_msg("call %d, row %zu: %#x", calls[i].nr, i,
			         decide_for_all(calls[i].nr, calls[i].first,
			                        calls[i].second));
}

static void
the_other_numbers_of_the_machine_are_known_too(void **state)
{
	static const struct notification table[] = {
		{ X64, X32 | SYS_read, 0, ALLOWED },
		{ X64, X32 | SYS_mount, 0, GETS(EPERM) },
		{ X64, X32 | SYS_fsync, 0, DONE },
		{ X64, X32 | 520 /* execve */, 0, ALLOWED },
		{ X64, X32 | 100000, 0, GETS(ENOSYS) },
		{ AUDIT_ARCH_I386, 3 /* read */, 0, ALLOWED },
		{ AUDIT_ARCH_I386, 11 /* execve */, 0, ALLOWED },
		{ AUDIT_ARCH_I386, 21 /* mount */, 0, GETS(EPERM) },
		{ AUDIT_ARCH_I386, 118 /* fsync */, 0, DONE },
		{ AUDIT_ARCH_I386, 359 /* socket */, AF_INET, ALLOWED },
		{ AUDIT_ARCH_I386, 359 /* socket */, 38, GETS(EPERM) },
		{ AUDIT_ARCH_I386, 403 /* clock_gettime64 */, 0, ALLOWED },
		{ AUDIT_ARCH_I386, 120 /* clone */, CLONE_NEWUSER, GETS(EPERM) },
		{ AUDIT_ARCH_I386, 452 /* fchmodat2 */, 0, ALLOWED },
		{ AUDIT_ARCH_ARM, 3, 0, GETS(ENOSYS) },
	};

	(void)state;
	ask(table);
}

#endif

static void
jumps_stay_inside_and_the_kernel_takes_the_length(void **state)
{
	struct filter f = { 0 };

	(void)state;
	filter_compile(&f, 0);
	assert_in_range(f.code.n, 100, 4096);
	for (size_t i = 0; i < f.code.n; i++) {
		const struct sock_filter *c = &f.code.at[i];

		if (c->code == (BPF_JMP | BPF_JA))
			assert_true(i + 1 + c->k < f.code.n);
		else if (BPF_CLASS(c->code) == BPF_JMP)
			assert_true(i + 1 + c->jt < f.code.n && i + 1 + c->jf < f.code.n);
	}
	filter_clear(&f);
}

/* ------------------------------------------------------------ installed */

/* The number of the first question that was answered wrongly, 0 if none. */
static int
behave(void)
{
	if (syscall(SYS_fsync, -1) != 0)
		return 1;
	if (syscall(SYS_syncfs, -1) != 0)
		return 2;
	if (syscall(SYS_unshare, CLONE_NEWUSER) == 0 || errno != EPERM)
		return 3;
	if (syscall(SYS_clone3, NULL, 0) == 0 || errno != ENOSYS)
		return 4;
	if (syscall(100000) == 0 || errno != ENOSYS)
		return 5;
	if (socket(38, SOCK_SEQPACKET, 0) >= 0 || errno != EPERM)
		return 6;
	if (socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0)
		return 7;
	if (getppid() <= 0)
		return 8;
	if (fork() == 0)
		_exit(0);
	if (wait(NULL) < 0)
		return 9;
	return 0;
}

static void
an_installed_filter_does_what_it_says(void **state)
{
	struct filter f = { 0 };
	int status = -1;
	pid_t pid;

	(void)state;
	filter_compile(&f, 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    filter_install(f.code.at, f.code.n) < 0)
			_exit(100);
		_exit(behave());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	filter_clear(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef __x86_64__
		cmocka_unit_test(
		        calls_of_programs_are_allowed_and_those_of_administrators_are_not),
		cmocka_unit_test(durability_is_answered_as_done),
		cmocka_unit_test(calls_that_are_newer_than_the_list_do_not_exist),
		cmocka_unit_test(arguments_decide_about_clone_socket_and_personality),
		cmocka_unit_test(
		        where_the_network_and_other_processes_are_not_away_they_are_refused),
		cmocka_unit_test(device_nodes_are_asked_about_unless_they_are_harmless),
		cmocka_unit_test(who_is_asked_about_nodes_has_no_listener_of_its_own),
		cmocka_unit_test(
		        without_a_root_nothing_names_a_file_a_process_or_a_filter),
		cmocka_unit_test(the_other_numbers_of_the_machine_are_known_too),
#endif
		cmocka_unit_test(jumps_stay_inside_and_the_kernel_takes_the_length),
		cmocka_unit_test(an_installed_filter_does_what_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
