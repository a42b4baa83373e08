#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "base/error.h"
#include "base/mem.h"

static void
setting_replaces_what_was_there_and_may_quote_it(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(error_set(&err, ERR_AUTH, "first %d", 1), -1);
	error_hint(&err, "a hint");
	error_at(&err, (struct place){ 1, 2, 3 });
	assert_int_equal(error_set(&err, ERR_NETWORK, "<%s>", err.text), -1);
	assert_string_equal(err.text, "<first 1>");
	assert_int_equal(err.code, ERR_NETWORK);
	assert_null(err.hint);
	assert_int_equal(err.n_at, 0);
}

static void
sys_takes_errno_and_chooses_the_code(void **state)
{
	static const struct {
		int sys;
		enum error_code code;
		const char *text;
	} rows[] = {
		{ ENOENT, ERR_INTERNAL, "open a/b: No such file or directory" },
		{ ENOSPC, ERR_ENVIRONMENT, "open a/b: No space left on device" },
		{ EMFILE, ERR_ENVIRONMENT, "open a/b: Too many open files" },
		{ EIO, ERR_INTERNAL, "open a/b: Input/output error" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_error struct error err = ERROR_INIT;

		errno = rows[i].sys;
		assert_int_equal(error_sys(&err, "open %s/%s", "a", "b"), -1);
		assert_int_equal(err.sys, rows[i].sys);
		assert_int_equal(err.code, rows[i].code);
		assert_string_equal(err.text, rows[i].text);
	}
}

static void
wrapping_puts_context_in_front_and_keeps_the_rest(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	errno = EACCES;
	error_sys(&err, "open x");
	error_at(&err, (struct place){ .line = 7 });
	assert_int_equal(error_wrap(&err, "push %s", "app"), -1);
	assert_string_equal(err.text, "push app: open x: Permission denied");
	assert_int_equal(err.sys, EACCES);
	assert_int_equal(err.at[0].line, 7);
}

static void
wrapping_an_empty_error_sets_it(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	error_wrap(&err, "push");
	assert_string_equal(err.text, "push");
	assert_int_equal(err.code, ERR_INTERNAL);
}

static void
the_first_hint_stays(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	error_set(&err, ERR_USAGE, "x");
	assert_int_equal(error_hint(&err, "one"), -1);
	assert_int_equal(error_hint(&err, "two"), -1);
	assert_string_equal(err.hint, "one");
}

static void
places_beyond_the_limit_are_ignored(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	for (int i = 0; i < ERROR_PLACES_MAX + 3; i++)
		assert_int_equal(error_at(&err, (struct place){ .line = i + 1 }), -1);
	assert_int_equal(err.n_at, ERROR_PLACES_MAX);
	assert_int_equal(err.at[ERROR_PLACES_MAX - 1].line, ERROR_PLACES_MAX);
}

static void
moving_empties_the_source(void **state)
{
	auto_error struct error to = ERROR_INIT, from = ERROR_INIT;

	(void)state;
	error_set(&to, ERR_USAGE, "old");
	error_set(&from, ERR_RUN, "new");
	from.file = mem_copy("Dockerfile");
	error_move(&to, &from);
	assert_string_equal(to.text, "new");
	assert_string_equal(to.file, "Dockerfile");
	assert_null(from.text);
	assert_null(from.file);
	assert_int_equal(from.code, ERR_NONE);
	error_move(&to, &to);
	assert_string_equal(to.text, "new");
}

static void
clearing_keeps_errno(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	error_set(&err, ERR_RUN, "x");
	errno = EXDEV;
	error_clear(&err);
	assert_int_equal(errno, EXDEV);
	assert_int_equal(err.code, ERR_NONE);
	error_clear(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setting_replaces_what_was_there_and_may_quote_it),
		cmocka_unit_test(sys_takes_errno_and_chooses_the_code),
		cmocka_unit_test(wrapping_puts_context_in_front_and_keeps_the_rest),
		cmocka_unit_test(wrapping_an_empty_error_sets_it),
		cmocka_unit_test(the_first_hint_stays),
		cmocka_unit_test(places_beyond_the_limit_are_ignored),
		cmocka_unit_test(moving_empties_the_source),
		cmocka_unit_test(clearing_keeps_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
