/*
 * refuse: runs a program that finds system calls missing or refused, as on an older
 * kernel or under a stricter filter.
 *
 *	refuse RULE… -- PROGRAM ARG…
 *
 *	CALL=ERROR             mount_setattr=ENOSYS
 *	CALL.N=V=ERROR         … if argument N (from 0) is V: fsconfig.1=6=EINVAL
 *	CALL.N&V=ERROR         … if argument N has one of the bits of V
 *	NUMBER+=ERROR          every call from this number on: 441+=ENOSYS
 *	linux-5.10, linux-6.1  what these kernels lack
 *	mounts=ERROR           the calls for detached mounts
 *	since-5.6=ERROR        close_range, openat2, faccessat2, and later ones
 *	landlock=ERROR
 *
 * ERROR is ENOSYS, EPERM, EACCES or EINVAL. The first rule that fits decides. Root may go
 * on to another user afterwards, set-id programs and all; others get no_new_privs.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CODE_MAX 512

static struct sock_filter code[CODE_MAX];
static unsigned short code_n;

static const struct {
	const char *name, *rules[10];
} sets[] = {
	{ "linux-5.10",
	  { "441+=ENOSYS", "seccomp.1&0x20=EINVAL", "fsconfig.1=6=EINVAL" } },
	{ "linux-6.1", { "451+=ENOSYS", "fsconfig.1=6=EINVAL" } },
	{ "mounts",
	  { "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick",
	    "mount_setattr" } },
	{ "since-5.6",
	  { "close_range", "openat2", "pidfd_getfd", "faccessat2", "439+" } },
	{ "landlock",
	  { "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self" } },
};

static void
fail(const char *rule, const char *why)
{
	fprintf(stderr, "refuse: %s: %s\n", rule, why);
	exit(2);
}

static void
emit(uint16_t what, uint32_t k, uint8_t yes, uint8_t no)
{
	if (code_n == CODE_MAX)
		fail("rules", "too many");
	code[code_n++] = (struct sock_filter){ what, yes, no, k };
}

static void
load(size_t at)
{
	emit(BPF_LD | BPF_W | BPF_ABS, (uint32_t)at, 0, 0);
}

static uint32_t
error_number(const char *rule, const char *name)
{
	static const struct {
		const char *name;
		uint32_t number;
	} errors[] = { { "ENOSYS", ENOSYS },
		       { "EPERM", EPERM },
		       { "EACCES", EACCES },
		       { "EINVAL", EINVAL } };

	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].number;
	fail(rule, "no such error");
	return 0;
}

/* WHAT is a rule up to its last "=". */
static void
add_rule(const char *what, const char *error)
{
	const uint32_t answer = SECCOMP_RET_ERRNO | error_number(what, error);
	char name[64];
	size_t n = strcspn(what, ".+");
	const char *rest = what + n;
	int call = -1;

	snprintf(name, sizeof name, "%.*s", (int)n, what);
	load(offsetof(struct seccomp_data, nr));
	if (*rest == '+') {
		emit(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)strtoul(name, NULL, 10), 0, 1);
		emit(BPF_RET | BPF_K, answer, 0, 0);
		return;
	}
	call = seccomp_syscall_resolve_name(name);
	if (call < 0)
		fail(what, "no such call");
	emit(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, *rest == '.' ? 3 : 1);
	if (*rest == '.') {
		char *sign = NULL;
		const size_t i = strtoul(rest + 1, &sign, 10);

		if (i > 5 || (*sign != '=' && *sign != '&'))
			fail(what, "argument?");
		load(offsetof(struct seccomp_data, args) + 8 * i);
		emit(BPF_JMP | (*sign == '=' ? BPF_JEQ : BPF_JSET) | BPF_K,
		     (uint32_t)strtoul(sign + 1, NULL, 0), 0, 1);
	}
	emit(BPF_RET | BPF_K, answer, 0, 0);
}

/* A rule with its error, or without one and ERROR is meant. */
static void
add_text(const char *text, const char *error)
{
	char what[128];
	char *last = NULL;

	snprintf(what, sizeof what, "%s", text);
	if (error == NULL) {
		last = strrchr(what, '=');
		if (last == NULL)
			fail(text, "which error?");
		*last = '\0';
	}
	add_rule(what, last != NULL ? last + 1 : error);
}

static void
add_argument(const char *text)
{
	const size_t n = strcspn(text, "=");

	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
		if (strlen(sets[i].name) != n || strncmp(sets[i].name, text, n) != 0)
			continue;
		for (const char *const *rule = sets[i].rules; *rule != NULL; rule++)
			add_text(*rule, text[n] == '=' ? text + n + 1 : NULL);
		return;
	}
	add_text(text, NULL);
}

static int
install(void)
{
	const struct sock_fprog program = { code_n, code };

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
		return 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

int
main(int argc, char **argv)
{
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++)
		add_argument(argv[i]);
	emit(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	if (i + 1 >= argc)
		fail("usage", "refuse RULE… -- PROGRAM ARG…");
	if (install() < 0) {
		perror("refuse: seccomp");
		return 2;
	}
	execvp(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);
	return 127;
}
