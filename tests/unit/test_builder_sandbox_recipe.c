#include "builder/sandbox/inside/recipe.h"

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
#include "builder/sandbox/recipe_draft.h"

#define auto_plan __attribute__((cleanup(unmap)))

static void
unmap(struct recipe **recipe)
{
	recipe_unmap(*recipe);
}

static void
what_was_drafted_is_read_at_its_place(void **state)
{
	static const char *const words[] = { "sh", "", "-c", "echo \"a b\"" };
	auto_recipe_draft struct recipe_draft d = { 0 };
	auto_error struct error err = ERROR_INIT;
	auto_fd int fd = -1;
	auto_plan struct recipe *recipe = NULL;
	char **argv = NULL;

	(void)state;
	d.head.cwd = recipe_add_text(&d, "/srv");
	d.head.hostname = recipe_add_text(&d, NULL);
	d.head.argv = recipe_add_list(&d, words, 4);
	d.head.env = recipe_add_list(&d, NULL, 0);
	recipe_add_op(&d, OP_PROC, "/proc")->size = 7;
	recipe_add_op(&d, OP_MASK, "/proc/kcore");
	recipe = recipe_seal(&d, &fd, &err);
	assert_non_null(recipe);
	assert_string_equal(recipe_text(recipe, recipe->cwd), "/srv");
	assert_null(recipe_text(recipe, recipe->hostname));
	assert_string_equal(recipe_list_get(recipe, recipe->argv, 3), "echo \"a b\"");
	argv = recipe_vector(recipe, recipe->argv);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(argv[i], words[i]);
	assert_null(argv[4]);
	assert_null(recipe_vector(recipe, recipe->env)[0]);
	assert_int_equal(recipe->n_ops, 2);
	assert_int_equal(recipe_op(recipe, 0)->kind, OP_PROC);
	assert_int_equal(recipe_op(recipe, 0)->size, 7);
	assert_string_equal(recipe_text(recipe, recipe_op(recipe, 1)->target),
	                    "/proc/kcore");
}

static void
bytes_of_any_length_are_aligned(void **state)
{
	auto_recipe_draft struct recipe_draft d = { 0 };
	auto_error struct error err = ERROR_INIT;
	auto_fd int fd = -1;
	auto_plan struct recipe *recipe = NULL;
	recipe_at at[9];

	(void)state;
	for (size_t i = 0; i < 9; i++)
		at[i] = recipe_add_bytes(&d, "12345678", i);
	recipe = recipe_seal(&d, &fd, &err);
	assert_non_null(recipe);
	for (size_t i = 0; i < 9; i++) {
		assert_int_equal(at[i] % 8, 0);
		assert_memory_equal((const char *)recipe + at[i], "12345678", i);
	}
	assert_int_equal(recipe->report % 8, 0);
}

static void
the_memory_is_shared_by_its_descriptor(void **state)
{
	auto_recipe_draft struct recipe_draft d = { 0 };
	auto_error struct error err = ERROR_INIT;
	auto_fd int fd = -1;
	auto_plan struct recipe *recipe = NULL, *other = NULL;
	struct stat st;

	(void)state;
	recipe = recipe_seal(&d, &fd, &err);
	assert_non_null(recipe);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal((uint64_t)st.st_size, recipe->size);
	other = mmap(NULL, recipe->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(other, MAP_FAILED);
	recipe_report(other)->status = 0x700;
	assert_int_equal(recipe_report(recipe)->status, 0x700);
}

/* It may hold secrets, and other children of ours have no business with it. */
static void
a_forked_child_has_no_plan(void **state)
{
	auto_recipe_draft struct recipe_draft d = { 0 };
	auto_error struct error err = ERROR_INIT;
	auto_fd int fd = -1;
	auto_plan struct recipe *recipe = recipe_seal(&d, &fd, &err);
	int status = 0;
	pid_t pid;

	(void)state;
	assert_non_null(recipe);
	pid = fork();
	if (pid == 0) {
		unsigned char seen;

		_exit(mincore(recipe, 1, &seen) < 0 && errno == ENOMEM ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
the_first_failure_is_the_one_that_counts(void **state)
{
	auto_recipe_draft struct recipe_draft d = { 0 };
	auto_error struct error err = ERROR_INIT;
	auto_fd int fd = -1;
	auto_plan struct recipe *recipe = recipe_seal(&d, &fd, &err);
	char text[2 * RECIPE_TEXT_MAX];

	(void)state;
	assert_non_null(recipe);
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	assert_int_equal(recipe_fail(recipe, STAGE_CWD, ENOTDIR, text), -1);
	assert_int_equal(recipe_fail(recipe, STAGE_EXEC, ENOENT, "later"), -1);
	assert_int_equal(recipe_report(recipe)->stage, STAGE_CWD);
	assert_int_equal(recipe_report(recipe)->sys, ENOTDIR);
	assert_int_equal(strlen(recipe_report(recipe)->text), RECIPE_TEXT_MAX - 1);
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
