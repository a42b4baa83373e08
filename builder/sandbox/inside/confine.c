#include "builder/sandbox/inside/confine.h"

#include <stdint.h>

#include "base/count.h"
#include "builder/sandbox/inside/sys.h"

/* Headers may be older than the kernel. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif
#define CREATE_VERSION    1U
#define RULE_PATH_BENEATH 1

struct ruleset_attr {
	uint64_t files, network, scoped;
};

struct path_attr {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

enum {
	RIGHT_WRITE_FILE = 1 << 1,
	RIGHT_READ_FILE = 1 << 2,
	RIGHT_READ_DIR = 1 << 3,
	RIGHT_MAKE_BLOCK = 1 << 11,
	RIGHT_TRUNCATE = 1 << 14,
	RIGHT_CONTROL_DEVICE = 1 << 15,
	SCOPE_ABSTRACT_SOCKET = 1 << 0,
	SCOPE_SIGNAL = 1 << 1,
};

/* All rights on files that VERSION knows, lowest bits first. */
static uint64_t
rights(int version)
{
	static const unsigned known[] = { 0, 13, 14, 15, 15, 16 };
	const int last = COUNT_OF(known) - 1;

	return (UINT64_C(1) << known[version > last ? last : version]) - 1;
}

int
confine_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

	return version < 0 ? 0 : (int)version;
}

static int
allow(int ruleset_fd, int fd, uint64_t what)
{
	const struct path_attr path = { .allowed = what, .fd = fd };

	if (fd < 0)
		return 0;
	return (int)syscall(SYS_landlock_add_rule, ruleset_fd, RULE_PATH_BENEATH, &path,
	                    0);
}

static uint64_t
rights_of(enum confine_kind kind, uint64_t all)
{
	const uint64_t open = RIGHT_READ_FILE | RIGHT_WRITE_FILE | RIGHT_TRUNCATE;

	switch (kind) {
	case CONFINE_TREE:
		return all & ~(uint64_t)RIGHT_MAKE_BLOCK;
	case CONFINE_PROC:
		return all & (open | RIGHT_READ_DIR);
	case CONFINE_DEVICE:
		return all & (open | RIGHT_CONTROL_DEVICE);
	}
	return 0;
}

int
confine(const struct confine_rule *rules, size_t n)
{
	const int version = confine_version();
	struct ruleset_attr attr = { .files = rights(version) };
	size_t size = sizeof attr.files;
	int ruleset_fd = -1, result = 0;

	if (version >= 6) {
		attr.scoped = SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL;
		size = sizeof attr;
	}
	ruleset_fd = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset_fd < 0)
		return -1;
	for (size_t i = 0; result == 0 && i < n; i++)
		result = allow(ruleset_fd, rules[i].fd,
		               rights_of(rules[i].kind, attr.files));
	if (result == 0)
		result = (int)syscall(SYS_landlock_restrict_self, ruleset_fd, 0);
	sys_close(ruleset_fd);
	return result;
}
