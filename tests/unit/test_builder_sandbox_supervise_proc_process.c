/* What /proc says of processes, and acting with the rights of one. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "builder/sandbox/inside/caps.h"
#include "builder/sandbox/supervise/notify.h"
#include "builder/sandbox/supervise/proc_process.h"

static pid_t child;

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

static void
parents_and_processes_are_found(void **state)
{
	char dir[32];
	int fd = -1;

	(void)state;
	assert_int_equal(proc_parent(child), getpid());
	assert_int_equal(proc_parent(1 << 27), 0);
	assert_int_equal(proc_of_thread(child), child);
	assert_int_equal(proc_of_thread(getpid()), getpid());
	assert_int_equal(proc_of_thread(1 << 27), 0);
	snprintf(dir, sizeof dir, "/proc/%d", (int)child);
	fd = open(dir, O_PATH | O_DIRECTORY);
	assert_int_equal(proc_parent_at(fd), getpid());
	close(fd);
}

static void
what_self_says_is_the_callers(void **state)
{
	char text[PROC_SELF_MAX], wanted[64];

	(void)state;
	assert_int_equal(proc_self_link("/proc/selfish", child, text), 0);
	snprintf(wanted, sizeof wanted, "%d", (int)child);
	assert_int_equal(proc_self_link("/proc/self", child, text), strlen(wanted));
	assert_string_equal(text, wanted);
	snprintf(wanted, sizeof wanted, "%d/task/%d", (int)child, (int)child);
	assert_int_equal(proc_self_link("/proc/thread-self", child, text),
	                 strlen(wanted));
	assert_string_equal(text, wanted);
}

static void
rights_are_known(void **state)
{
	struct proc_rights rights;
	gid_t groups[PROC_GROUPS_MAX];

	(void)state;
	assert_true(proc_rights(child, &rights));
	assert_int_equal(rights.uid, geteuid());
	assert_int_equal(rights.gid, getegid());
	assert_int_equal(rights.caps, caps_effective());
	assert_int_equal(rights.n_groups, getgroups(PROC_GROUPS_MAX, groups));
	assert_false(proc_rights(1 << 27, &rights));
}

/* ------------------------------------------------------------ acting */

static char path[] = "/tmp/cooper-rights-XXXXXX";

struct row {
	const char *what;
	struct proc_rights rights;
	uid_t uid; /* of the file … */
	gid_t gid;
	mode_t mode;
	bool opens;
};

/* As a supervisor with all rights and a group of its own. */
static void
try(const struct row *r)
{
	const gid_t own = 4242;
	bool opened = false;
	int fd = -1;

	if (setgroups(1, &own) < 0 || chown(path, r->uid, r->gid) < 0 ||
	    chmod(path, r->mode) < 0)
		_exit(2);
	if (!notify_act_as(&r->rights))
		_exit(3);
	fd = open(path, O_RDONLY);
	opened = fd >= 0;
	if (caps_effective() != (r->rights.caps & caps_effective()) ||
	    getgroups(0, NULL) != (int)r->rights.n_groups)
		_exit(4);
	notify_act_as_self();
	if (setfsuid(-1) != 0 || setfsgid(-1) != 0 || !caps_has(CAP_DAC_OVERRIDE) ||
	    getgroups(0, NULL) != 0)
		_exit(5);
	_exit(opened == r->opens ? 0 : 1);
}

static void
who_acts_for_another_has_its_rights_and_no_more(void **state)
{
	const uint64_t all = caps_default();
	const struct row rows[] = {
		{ "root with its capabilities", { 0, 0, all, 0, { 0 } }, 5, 5, 0, true },
		{ "root without", { 0, 0, 0, 0, { 0 } }, 5, 5, 0600, false },
		{ "a user's own", { 7, 7, 0, 0, { 0 } }, 7, 5, 0400, true },
		{ "of root", { 7, 7, 0, 0, { 0 } }, 0, 0, 0600, false },
		{ "of its group", { 7, 7, 0, 0, { 0 } }, 0, 7, 0040, true },
		{ "of a further group", { 7, 7, 0, 2, { 8, 9 } }, 0, 9, 0040, true },
		{ "of our group", { 7, 7, 0, 2, { 8, 9 } }, 0, 4242, 0040, false },
		{ "root, of our group", { 0, 0, 0, 0, { 0 } }, 5, 4242, 0040, false },
		{ "a user with capabilities", { 7, 7, all, 0, { 0 } }, 5, 5, 0, true },
	};
	int fd = mkstemp(path), status = 0;

	(void)state;
	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		pid_t pid = fork();

		if (pid == 0)
			try(&rows[i]);
		waitpid(pid, &status, 0);
		if (status != 0)
			fail_msg("%s: status %x", rows[i].what, (unsigned)status);
	}
	unlink(path);
}

/* Messages of the kernel are for who administers it, also by the name of a file. */
static void
capabilities_of_the_kernel_are_not_lent(void **state)
{
	const struct proc_rights rights = { 0, 0, caps_default(), 0, { 0 } };
	int fd = -1, status = 0;
	pid_t pid = 0;

	(void)state;
	fd = open("/proc/kmsg", O_RDONLY | O_NONBLOCK);
	if (fd < 0) {
		print_message("needs a root that may read /proc/kmsg\n");
		skip();
	}
	close(fd);
	pid = fork();
	if (pid == 0)
		_exit(!notify_act_as(&rights) ||
		      open("/proc/kmsg", O_RDONLY | O_NONBLOCK) >= 0);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parents_and_processes_are_found),
		cmocka_unit_test(what_self_says_is_the_callers),
		cmocka_unit_test(rights_are_known),
		cmocka_unit_test(who_acts_for_another_has_its_rights_and_no_more),
		cmocka_unit_test(capabilities_of_the_kernel_are_not_lent),
	};

	return cmocka_run_group_tests(tests, start_child, end_child);
}
