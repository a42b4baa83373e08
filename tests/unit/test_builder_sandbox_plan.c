#include "builder/sandbox/plan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"

#define auto_plan __attribute__((cleanup(unmap)))

static void
unmap(struct plan **plan)
{
	plan_unmap(*plan);
}

static void
what_was_drafted_is_read_at_its_place(void **state)
{
	static const char *const words[] = { "sh", "", "-c", "echo \"a b\"" };
	auto_plan_draft struct plan_draft d = { 0 };
	auto_error struct error err = ERROR_INIT;
	auto_fd int fd = -1;
	auto_plan struct plan *plan = NULL;
	char **argv = NULL;

	(void)state;
	d.head.cwd = plan_add_text(&d, "/srv");
	d.head.hostname = plan_add_text(&d, NULL);
	d.head.argv = plan_add_list(&d, words, 4);
	d.head.env = plan_add_list(&d, NULL, 0);
	plan_add_op(&d, OP_PROC, "/proc")->size = 7;
	plan_add_op(&d, OP_MASK, "/proc/kcore");
	plan = plan_seal(&d, &fd, &err);
	assert_non_null(plan);
	assert_string_equal(plan_text(plan, plan->cwd), "/srv");
	assert_null(plan_text(plan, plan->hostname));
	assert_string_equal(plan_list_get(plan, plan->argv, 3), "echo \"a b\"");
	argv = plan_vector(plan, plan->argv);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(argv[i], words[i]);
	assert_null(argv[4]);
	assert_null(plan_vector(plan, plan->env)[0]);
	assert_int_equal(plan->n_ops, 2);
	assert_int_equal(plan_op(plan, 0)->kind, OP_PROC);
	assert_int_equal(plan_op(plan, 0)->size, 7);
	assert_string_equal(plan_text(plan, plan_op(plan, 1)->target), "/proc/kcore");
}

static void
bytes_of_any_length_are_aligned(void **state)
{
	auto_plan_draft struct plan_draft d = { 0 };
	auto_error struct error err = ERROR_INIT;
	auto_fd int fd = -1;
	auto_plan struct plan *plan = NULL;
	plan_at at[9];

	(void)state;
	for (size_t i = 0; i < 9; i++)
		at[i] = plan_add_bytes(&d, "12345678", i);
	plan = plan_seal(&d, &fd, &err);
	assert_non_null(plan);
	for (size_t i = 0; i < 9; i++) {
		assert_int_equal(at[i] % 8, 0);
		assert_memory_equal((const char *)plan + at[i], "12345678", i);
	}
	assert_int_equal(plan->report % 8, 0);
}

static void
the_memory_is_shared_by_its_descriptor(void **state)
{
	auto_plan_draft struct plan_draft d = { 0 };
	auto_error struct error err = ERROR_INIT;
	auto_fd int fd = -1;
	auto_plan struct plan *plan = NULL, *other = NULL;
	struct stat st;

	(void)state;
	plan = plan_seal(&d, &fd, &err);
	assert_non_null(plan);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal((uint64_t)st.st_size, plan->size);
	other = mmap(NULL, plan->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(other, MAP_FAILED);
	plan_report(other)->status = 0x700;
	assert_int_equal(plan_report(plan)->status, 0x700);
}

/* It may hold secrets, and other children of ours have no business with it. */
static void
a_forked_child_has_no_plan(void **state)
{
	auto_plan_draft struct plan_draft d = { 0 };
	auto_error struct error err = ERROR_INIT;
	auto_fd int fd = -1;
	auto_plan struct plan *plan = plan_seal(&d, &fd, &err);
	int status = 0;
	pid_t pid;

	(void)state;
	assert_non_null(plan);
	pid = fork();
	if (pid == 0) {
		unsigned char seen;

		_exit(mincore(plan, 1, &seen) < 0 && errno == ENOMEM ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
the_first_failure_is_the_one_that_counts(void **state)
{
	auto_plan_draft struct plan_draft d = { 0 };
	auto_error struct error err = ERROR_INIT;
	auto_fd int fd = -1;
	auto_plan struct plan *plan = plan_seal(&d, &fd, &err);
	char text[2 * PLAN_TEXT_MAX];

	(void)state;
	assert_non_null(plan);
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	assert_int_equal(plan_fail(plan, STAGE_CWD, ENOTDIR, text), -1);
	assert_int_equal(plan_fail(plan, STAGE_EXEC, ENOENT, "later"), -1);
	assert_int_equal(plan_report(plan)->stage, STAGE_CWD);
	assert_int_equal(plan_report(plan)->sys, ENOTDIR);
	assert_int_equal(strlen(plan_report(plan)->text), PLAN_TEXT_MAX - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_drafted_is_read_at_its_place),
		cmocka_unit_test(bytes_of_any_length_are_aligned),
		cmocka_unit_test(the_memory_is_shared_by_its_descriptor),
		cmocka_unit_test(a_forked_child_has_no_plan),
		cmocka_unit_test(the_first_failure_is_the_one_that_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
