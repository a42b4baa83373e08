#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "parser/pattern.h"

static void
patterns_match_as_filepath_match_does(void **state)
{
	static const struct {
		const char *pattern, *name;
		int want;
	} rows[] = {
		{ "abc", "abc", 1 },
		{ "abc", "abd", 0 },
		{ "", "", 1 },
		{ "", "a", 0 },
		{ "*", "abc", 1 },
		{ "*", "", 1 },
		{ "*", "a/b", 0 },
		{ "*c", "abc", 1 },
		{ "a*", "ab/c", 0 },
		{ "a*/b", "abc/b", 1 },
		{ "a*/b", "a/c/b", 0 },
		{ "**", "abc", 1 },
		{ "**", "a/b", 0 },
		{ "a*b*c*d*e*/f", "axbxcxdxe/f", 1 },
		{ "a*b*c*d*e*/f", "axbxcxdxexxx/fff", 0 },
		{ "a*b?c*x", "abxbbxdbxebxczzx", 1 },
		{ "a*b?c*x", "abxbbxdbxebxczzy", 0 },
		{ "?", "a", 1 },
		{ "?", "/", 0 },
		{ "?", "", 0 },
		{ "a?b",
		  "a\xE2\x98\xBA"
		  "b",
		  1 },
		{ "a???b",
		  "a\xE2\x98\xBA"
		  "b",
		  0 },
		{ "ab[c]", "abc", 1 },
		{ "ab[b-d]", "abc", 1 },
		{ "ab[e-g]", "abc", 0 },
		{ "ab[^c]", "abc", 0 },
		{ "ab[^b-d]", "abx", 1 },
		{ "ab[!c]", "ab!", 1 },
		{ "[a-\xCE\xB6]*", "\xCE\xB1", 1 },
		{ "[*]", "*", 1 },
		{ "[[]", "[", 1 },
		{ "[]a]", "]", -1 },
		{ "[\\]a]", "]", 1 },
		{ "[\\-]", "-", 1 },
		{ "[x\\-]", "-", 1 },
		{ "[a\\-z]", "b", 0 },
		{ "[-]", "-", -1 },
		{ "[x-]", "x", -1 },
		{ "[a-b-c]", "a", -1 },
		{ "[", "a", -1 },
		{ "[^", "a", -1 },
		{ "[^bc", "a", -1 },
		{ "[]", "a", -1 },
		{ "a[", "ab", -1 },
		{ "[\xFF]", "a", -1 },
		{ "\\", "a", -1 },
		{ "a\\", "a", -1 },
		{ "a\\*", "a*", 1 },
		{ "a\\*", "ab", 0 },
		{ "\\a", "a", 1 },
		{ "a]b", "a]b", 1 },
		{ "*x[", "y", -1 },
		{ "\xFF", "\xFF", 1 },
		{ "?", "\xFF", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (pattern_match(text_of(rows[i].pattern), text_of(rows[i].name)) !=
		    rows[i].want)
			fail_msg("%s on %s is not %d", rows[i].pattern, rows[i].name,
			         rows[i].want);
}

static void
many_stars_take_no_time(void **state)
{
	auto_buf struct buf pattern = BUF_INIT, name = BUF_INIT;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		buf_add_str(&pattern, "*a");
		buf_add_str(&name, "aa");
	}
	buf_add_str(&pattern, "b");
	assert_int_equal(pattern_match(buf_text(&pattern), buf_text(&name)), 0);
	buf_truncate(&pattern, pattern.n - 1);
	assert_int_equal(pattern_match(buf_text(&pattern), buf_text(&name)), 1);
}

static void
only_unescaped_characters_make_a_glob(void **state)
{
	(void)state;
	assert_true(pattern_has_glob(TEXT("a*")));
	assert_true(pattern_has_glob(TEXT("a?b")));
	assert_true(pattern_has_glob(TEXT("[")));
	assert_true(pattern_has_glob(TEXT("\\\\*")));
	assert_false(pattern_has_glob(TEXT("a\\*\\?\\[")));
	assert_false(pattern_has_glob(TEXT("a]b\\")));
	assert_false(pattern_has_glob(TEXT("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_as_filepath_match_does),
		cmocka_unit_test(many_stars_take_no_time),
		cmocka_unit_test(only_unescaped_characters_make_a_glob),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
