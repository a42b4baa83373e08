/* What control groups of both versions say of memory, as trees of files. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "builder/sandbox/memory.h"

#define MIB (UINT64_C(1) << 20)

struct file {
	const char *path, *content;
};

struct row {
	const char *what, *groups;
	struct file files[6];
	uint64_t kills, limit;
};

static const struct row rows[] = {
	{ "nothing", "", { { 0 } }, 0, 0 },
	{ "no such group", "0::/a\n", { { 0 } }, 0, 0 },
	{ "what is no list", "x\n:\n0\n", { { 0 } }, 0, 0 },
	{ "version 2",
	  "0::/a\n",
	  { { "a/memory.events", "low 0\noom 1\noom_kill 3\n" },
	    { "a/memory.max", "134217728\n" } },
	  3,
	  128 * MIB },
	{ "without a limit",
	  "0::/a\n",
	  { { "a/memory.events", "oom_kill 1\n" }, { "a/memory.max", "max\n" } },
	  1,
	  0 },
	{ "a limit further up",
	  "0::/a/b/c\n",
	  { { "a/b/c/memory.events", "oom_kill 1\n" },
	    { "a/b/c/memory.max", "268435456\n" },
	    { "a/memory.max", "134217728\n" } },
	  1,
	  128 * MIB },
	{ "a container's own root",
	  "0::/\n",
	  { { "memory.events", "oom_kill 2\n" }, { "memory.max", "67108864\n" } },
	  2,
	  64 * MIB },
	{ "a name from outside of the container",
	  "0::/kubepods/pod1/c\n",
	  { { "memory.events", "oom_kill 2\n" }, { "memory.max", "67108864\n" } },
	  2,
	  64 * MIB },
	{ "version 1",
	  "5:cpu,cpuacct:/a\n4:memory:/a\n0::/\n",
	  { { "memory/a/memory.oom_control", "oom_kill_disable 0\noom_kill 5\n" },
	    { "memory/a/memory.limit_in_bytes", "134217728\n" } },
	  5,
	  128 * MIB },
	{ "version 1 without a limit",
	  "4:memory:/a\n",
	  { { "memory/a/memory.oom_control", "oom_kill 5\n" },
	    { "memory/a/memory.limit_in_bytes", "9223372036854771712\n" } },
	  5,
	  0 },
	{ "version 1 among others, from outside",
	  "4:hugetlb,memory:/docker/x\n",
	  { { "memory/memory.oom_control", "oom_kill 1\n" },
	    { "memory/memory.limit_in_bytes", "134217728\n" } },
	  1,
	  128 * MIB },
	{ "both, memory in the second",
	  "1:name=systemd:/a\n0::/a\n",
	  { { "unified/a/memory.events", "oom_kill 1\n" },
	    { "unified/a/memory.max", "134217728\n" } },
	  1,
	  128 * MIB },
	{ "an old kernel that does not count",
	  "4:memory:/a\n",
	  { { "memory/a/memory.oom_control", "under_oom 0\n" } },
	  0,
	  0 },
};

static void
make(int dir_fd, const struct file *f)
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *path = mem_copy(f->path);
	char *slash = strrchr(path, '/');

	if (slash != NULL) {
		*slash = '\0';
		assert_int_equal(file_make_dirs(dir_fd, path, 0755, &err), 0);
	}
	assert_int_equal(
	        file_replace(dir_fd, f->path, f->content, strlen(f->content), 0644, &err),
	        0);
}

static void
groups_of_both_versions_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_error struct error err = ERROR_INIT;
		char dir[] = "/tmp/cooper-memory-XXXXXX";
		auto_fd int dir_fd = -1;
		struct memory_state m;

		assert_non_null(mkdtemp(dir));
		dir_fd = file_open_dir(AT_FDCWD, dir, &err);
		for (const struct file *f = rows[i].files; f->path != NULL; f++)
			make(dir_fd, f);
		memory_read(dir, text_of(rows[i].groups), &m);
		if (m.kills != rows[i].kills || m.limit != rows[i].limit)
			fail_msg("%s: %llu kills, limit %llu", rows[i].what,
			         (unsigned long long)m.kills,
			         (unsigned long long)m.limit);
		assert_int_equal(file_remove_tree(AT_FDCWD, dir, &err), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_of_both_versions_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
