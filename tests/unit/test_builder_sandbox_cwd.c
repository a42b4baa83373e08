/* No working directory leads out of a step's root, however its mounts are made. */
#include "tests/lib/sandbox_fixture.h"

#include "tests/lib/lacking.h"

#define NUMBERS_FROM 3
#define NUMBERS_TO   40

/* Looks for what is only outside. */
static const char look[] =
        "d=.; for i in 0 1 2 3 4 5 6 7 8 9; do "
        "[ ! -e $d/canary ] || echo \"canary in $d\"; d=$d/..; done; "
        "case $(readlink /proc/self/cwd) in /*) ;; *) echo unreachable;; esac";

/* Either it is refused, or nothing of the machine is seen. */
static void
assert_stays_inside(struct box *b, const char *cwd)
{
	b->run.cwd = cwd;
	if (box_run_sh(b, look) < 0) {
		if (strstr(b->err.text, "make the working directory: ") == NULL)
			fail_msg("%s: %s", cwd, b->err.text);
		return;
	}
	if (b->result.status != 0 || b->out.n > 0)
		fail_msg("%s: status %x: %s%s", cwd, (unsigned)b->result.status,
		         buf_str(&b->out), buf_str(&b->err_out));
}

/* %d: a descriptor's number */
static const char *const numbered[] = {
	"/proc/self/fd/%d",
	"/fds/%d/new",
};

static const char *const others[] = {
	"/proc/self/cwd",
	"/proc/1/cwd",
	"/proc/self/root",
	"/proc/1/root",
	"/proc/self/cwd/..",
	"/proc/self/task/1/cwd",
	"/proc/1/root/../..",
	"/cwd",
	"/cwd/../new",
	"/root-of-1/tmp",
	"/proc/self/exe/..",
	"/proc/self/ns/mnt",
	"/dev/fd/5",
	"/dev/fd/12/../..",
	"/proc/thread-self/fd/12",
	"/proc/1/fd/12",
	"/proc/1/fd/5/new",
	"/proc/self/task/1/fd/12",
};

static void
no_working_directory_leads_out(void **state)
{
	struct box *b = box_of(state);
	auto_fd int base_fd = openat(b->dir_fd, "base", O_RDONLY | O_DIRECTORY);

	assert_int_equal(box_file(b->dir_fd, "canary", 0600, "outside\n"), 0);
	assert_int_equal(box_file(b->scratch_fd, "canary", 0600, "outside\n"), 0);
	assert_int_equal(symlinkat("/proc/self/fd", base_fd, "fds"), 0);
	assert_int_equal(symlinkat("/proc/self/cwd", base_fd, "cwd"), 0);
	assert_int_equal(symlinkat("../../proc/1/root", base_fd, "root-of-1"), 0);
	for (size_t i = 0; i < sizeof numbered / sizeof *numbered; i++)
		for (int n = NUMBERS_FROM; n <= NUMBERS_TO; n++) {
			auto_buf struct buf cwd = BUF_INIT;
			const char *at = strstr(numbered[i], "%d");

			buf_add(&cwd, numbered[i], (size_t)(at - numbered[i]));
			buf_print(&cwd, "%d%s", n, at + 2);
			assert_stays_inside(b, buf_str(&cwd));
		}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_stays_inside(b, others[i]);
	/* What is meant well still works. */
	b->run.cwd = "/proc/self/../tty/../../data/new";
	assert_prints(b, "readlink /proc/self/cwd", "/data/new\n");
}

/* ------------------------------------------------------------ with fewer calls */

/* Each also lacks what those before it lack. */
static int
setup_without_openat2(void **state)
{
	return lack_call(SYS_openat2, ENOSYS) < 0 ? -1 : box_setup(state);
}

static int
setup_without_fsopen(void **state)
{
	return lack_call(SYS_fsopen, ENOSYS) < 0 ? -1 : box_setup(state);
}

static int
setup_without_open_tree(void **state)
{
	return lack_call(SYS_open_tree, ENOSYS) < 0 ||
	                       lack_call(SYS_move_mount, ENOSYS) < 0
	               ? -1
	               : box_setup(state);
}

static int
setup_without_setattr(void **state)
{
	return lack_call(SYS_mount_setattr, ENOSYS) < 0 ? -1 : box_setup(state);
}

#define lacking_test(what)                                                               \
	{                                                                                \
		"no_working_directory_leads_out_without_" #what,                         \
		        no_working_directory_leads_out, setup_without_##what,            \
		        box_teardown, NULL                                               \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		box_test(no_working_directory_leads_out),
		lacking_test(fsopen),
		lacking_test(openat2),
		lacking_test(open_tree),
		lacking_test(setattr),
	};

	/* A kernel that is lacking itself needs no imitations of one. */
	if (getenv("COOPER_TEST_KERNEL") != NULL)
		cmocka_set_skip_filter("*_without_*");
	sandbox_fixture_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
