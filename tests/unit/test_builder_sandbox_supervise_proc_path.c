/* Paths of a step in /proc and /dev, and what stands for them. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "builder/sandbox/supervise/proc_path.h"

static pid_t child; /* a process of the step, ours being the supervisor */

static int
start_child(void **state)
{
	(void)state;
	child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	return child < 0 ? -1 : 0;
}

static int
end_child(void **state)
{
	(void)state;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return 0;
}

struct row {
	const char *path;
	bool follows;
	enum proc_path_kind kind;
	const char *out; /* @ is the child; NULL if KIND says it all */
};

static void
expand(const char *text, char out[PROC_PATH_MAX])
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		if (*text == '@')
			n += (size_t)snprintf(out + n, PROC_PATH_MAX - n, "%d",
			                      (int)child);
		else
			out[n++] = *text;
	out[n] = '\0';
}

static void
check(const struct row *rows, size_t n, bool serves_devices)
{
	const struct proc_server server = { .supervisor = getpid(),
		                            .tree = "/tree",
		                            .tree_n = 5,
		                            .serves_devices = serves_devices };

	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		char asked[PROC_PATH_MAX], wanted[PROC_PATH_MAX], out[PROC_PATH_MAX] = "";
		enum proc_path_kind kind;

		expand(r->path, asked);
		kind = proc_path(&server, child, asked, r->follows, out);
		if (kind != r->kind)
			fail_msg("%s: kind %d, expected %d", asked, (int)kind,
			         (int)r->kind);
		if (r->out == NULL)
			continue;
		expand(r->out, wanted);
		if (strcmp(out, wanted) != 0)
			fail_msg("%s: %s, expected %s", asked, out, wanted);
	}
}
#define check_rows(rows, devices) check(rows, sizeof rows / sizeof *rows, devices)

static void
other_paths_are_not_ours(void **state)
{
	static const struct row rows[] = {
		{ "", true, PROC_PATH_OTHER, NULL },
		{ "/", true, PROC_PATH_OTHER, NULL },
		{ "proc/self", true, PROC_PATH_OTHER, NULL },
		{ "/process", true, PROC_PATH_OTHER, NULL },
		{ "/etc/proc/self", true, PROC_PATH_OTHER, NULL },
		{ "/dev", true, PROC_PATH_OTHER, NULL },
		{ "/dev/null", true, PROC_PATH_OTHER, NULL },
		{ "/dev/shm/stdin", true, PROC_PATH_OTHER, NULL },
		{ "/dev/stdin", false, PROC_PATH_OTHER, NULL },
		{ "/dev/fd", false, PROC_PATH_OTHER, NULL },
	};

	(void)state;
	check_rows(rows, false);
}

static void
self_is_the_caller(void **state)
{
	static const struct row rows[] = {
		{ "/proc/self/status", true, PROC_PATH_OWN, "/proc/@/status" },
		{ "//proc//self/./maps", true, PROC_PATH_OWN, "/proc/@/maps" },
		{ "/proc/self", true, PROC_PATH_OWN, "/proc/@" },
		{ "/proc/self/", false, PROC_PATH_OWN, "/proc/@" },
		{ "/proc/self/exe", false, PROC_PATH_OWN, "/proc/@/exe" },
		{ "/proc/self/fd", true, PROC_PATH_OWN, "/proc/@/fd" },
		{ "/proc/self/fd/12", true, PROC_PATH_OWN, "/proc/@/fd/12" },
		{ "/proc/@/stat", true, PROC_PATH_OWN, "/proc/@/stat" },
		{ "/proc/mounts", true, PROC_PATH_OWN, "/proc/@/mounts" },
		/* One for all in the network. */
		{ "/proc/net/tcp", true, PROC_PATH_SYSTEM, "/proc/@/net/tcp" },
		{ "/proc/self/task/@/net/tcp", true, PROC_PATH_SYSTEM,
		  "/proc/@/task/@/net/tcp" },
		{ "/proc/self/ns/net", true, PROC_PATH_OWN, "/proc/@/ns/net" },
		{ "/proc/thread-self/comm", true, PROC_PATH_OWN, "/proc/@/task/@/comm" },
		/* Links, if they are asked for themselves. */
		{ "/proc/self", false, PROC_PATH_SYSTEM, "/proc/self" },
		{ "/proc/mounts", false, PROC_PATH_SYSTEM, "/proc/mounts" },
	};

	(void)state;
	check_rows(rows, false);
}

static void
descriptors_are_the_callers(void **state)
{
	static const struct row rows[] = {
		{ "/dev/stdin", true, PROC_PATH_OWN, "/proc/@/fd/0" },
		{ "/dev/stdout", true, PROC_PATH_OWN, "/proc/@/fd/1" },
		{ "/dev//stderr", true, PROC_PATH_OWN, "/proc/@/fd/2" },
		{ "/dev/fd", true, PROC_PATH_OWN, "/proc/@/fd" },
		{ "/dev/fd/", false, PROC_PATH_OWN, "/proc/@/fd" },
		{ "/dev/fd/63", true, PROC_PATH_OWN, "/proc/@/fd/63" },
		{ "/dev/fd/63", false, PROC_PATH_OWN, "/proc/@/fd/63" },
		{ "/dev/fd/3/etc/passwd", true, PROC_PATH_NONE, NULL },
		{ "/dev/fd/..", true, PROC_PATH_NONE, NULL },
		{ "/dev/fd/x", true, PROC_PATH_NONE, NULL },
	};

	(void)state;
	check_rows(rows, false);
}

static void
no_path_leads_outside(void **state)
{
	static const struct row rows[] = {
		{ "/proc/self/root/etc/passwd", true, PROC_PATH_NONE, NULL },
		{ "/proc/self/root/", true, PROC_PATH_OWN, "/proc/@/root" },
		{ "/proc/self/cwd/x", true, PROC_PATH_NONE, NULL },
		{ "/proc/self/syscall", true, PROC_PATH_NONE, NULL },
		{ "/proc/self/task/@/syscall", true, PROC_PATH_NONE, NULL },
		{ "/proc/thread-self/./syscall", false, PROC_PATH_NONE, NULL },
		{ "/proc/self/task/@/root/x", true, PROC_PATH_NONE, NULL },
		{ "/proc/self/task/@/fd/3/x", true, PROC_PATH_NONE, NULL },
		{ "/proc/self/fd/3/x", true, PROC_PATH_NONE, NULL },
		{ "/proc/self/fd/3/../x", true, PROC_PATH_NONE, NULL },
		{ "/proc/self/map_files/1-2", true, PROC_PATH_NONE, NULL },
		{ "/proc/../etc/passwd", true, PROC_PATH_NONE, NULL },
		{ "/proc/self/../1/environ", true, PROC_PATH_NONE, NULL },
		{ "/proc/sys/../1/environ", true, PROC_PATH_NONE, NULL },
		{ "/proc/1/environ", true, PROC_PATH_NONE, NULL },
		{ "/proc/0", true, PROC_PATH_NONE, NULL },
		{ "/proc/12345678", true, PROC_PATH_NONE, NULL },
		{ "/proc/kcore", true, PROC_PATH_NONE, NULL },
		{ "/proc/keys", true, PROC_PATH_NONE, NULL },
		{ "/proc/acpi/x", true, PROC_PATH_NONE, NULL },
	};
	const struct proc_server server = { .supervisor = getpid() };
	char path[64], out[PROC_PATH_MAX];

	(void)state;
	check_rows(rows, true);
	/* The supervisor itself is none of the step's. */
	snprintf(path, sizeof path, "/proc/%d/environ", (int)getpid());
	assert_int_equal(proc_path(&server, child, path, true, out), PROC_PATH_NONE);
}

static void
the_systems_files_are_read_only(void **state)
{
	static const struct row rows[] = {
		{ "/proc", true, PROC_PATH_SYSTEM, "/proc" },
		{ "/proc/", false, PROC_PATH_SYSTEM, "/proc" },
		{ "/proc/meminfo", true, PROC_PATH_SYSTEM, "/proc/meminfo" },
		{ "/proc/sys//kernel/ostype", true, PROC_PATH_SYSTEM,
		  "/proc/sys/kernel/ostype" },
	};

	(void)state;
	check_rows(rows, false);
}

static void
devices_are_served_where_the_tree_has_none(void **state)
{
	static const struct row rows[] = {
		{ "/dev/null", true, PROC_PATH_DEVICE, "/dev/null" },
		{ "/dev/urandom", false, PROC_PATH_DEVICE, "/dev/urandom" },
		{ "/dev/null/", true, PROC_PATH_DEVICE, "/dev/null" },
		{ "/dev/null/x", true, PROC_PATH_OTHER, NULL },
		{ "/dev/kmsg", true, PROC_PATH_OTHER, NULL },
		{ "/dev/../dev/sda", true, PROC_PATH_OTHER, NULL },
	};

	(void)state;
	check_rows(rows, true);
}

static void
long_paths_are_not_there(void **state)
{
	const struct proc_server server = { .supervisor = getpid() };
	char path[PROC_PATH_MAX + 8], out[PROC_PATH_MAX];

	(void)state;
	memset(path, 'n', sizeof path);
	memcpy(path, "/proc/self/", 11);
	path[sizeof path - 1] = '\0';
	assert_int_equal(proc_path(&server, child, path, true, out), PROC_PATH_NONE);
	memcpy(path, "/proc/sysnnn", 12);
	path[PROC_PATH_MAX - 1] = '\0';
	assert_int_equal(proc_path(&server, child, path, true, out), PROC_PATH_SYSTEM);
	assert_string_equal(out, path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_paths_are_not_ours),
		cmocka_unit_test(self_is_the_caller),
		cmocka_unit_test(descriptors_are_the_callers),
		cmocka_unit_test(no_path_leads_outside),
		cmocka_unit_test(the_systems_files_are_read_only),
		cmocka_unit_test(devices_are_served_where_the_tree_has_none),
		cmocka_unit_test(long_paths_are_not_there),
	};

	return cmocka_run_group_tests(tests, start_child, end_child);
}
