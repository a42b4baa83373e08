#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/own.h"
#include "base/path.h"

static void
cleaning_is_that_of_go(void **state)
{
	static const struct {
		const char *in, *out, *absolute;
	} rows[] = {
		{ "", ".", "/" },
		{ ".", ".", "/" },
		{ "/", "/", "/" },
		{ "//", "/", "/" },
		{ "abc", "abc", "/abc" },
		{ "abc/", "abc", "/abc" },
		{ "a//b/./c", "a/b/c", "/a/b/c" },
		{ "a/b/../c", "a/c", "/a/c" },
		{ "a/..", ".", "/" },
		{ "a/../..", "..", "/" },
		{ "../a", "../a", "/a" },
		{ "../../a/../b", "../../b", "/b" },
		{ "a/../../b", "../b", "/b" },
		{ "/..", "/", "/" },
		{ "/../a", "/a", "/a" },
		{ "/a/../..", "/", "/" },
		{ "/a/b/../../c/", "/c", "/c" },
		{ "...", "...", "/..." },
		{ "..a/..", ".", "/" },
		{ "a/...", "a/...", "/a/..." },
		{ "./..", "..", "/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_free char *clean = path_clean(text_of(rows[i].in));
		auto_free char *absolute = path_clean_abs(text_of(rows[i].in));

		assert_string_equal(clean, rows[i].out);
		assert_string_equal(absolute, rows[i].absolute);
	}
}

static void
a_joined_name_is_below_the_directory(void **state)
{
	static const struct {
		const char *dir, *name, *out;
	} rows[] = {
		{ "/a", "b", "/a/b" }, { "/a/", "/b", "/a/b" }, { "a", "../b", "b" },
		{ "", "b", "b" },      { "/", "b", "/b" },      { "a", "", "a" },
		{ "/a", ".", "/a" },   { "", "", "." },         { "/", "..", "/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_free char *out = path_join(rows[i].dir, rows[i].name);

		assert_string_equal(out, rows[i].out);
	}
}

static void
base_and_dir_split_at_the_last_slash(void **state)
{
	static const struct {
		const char *path, *dir, *base;
	} rows[] = {
		{ "", "", "" },          { "a", "", "a" },    { "/", "/", "" },
		{ "/a", "/", "a" },      { "a/b", "a", "b" }, { "/a/b", "/a", "b" },
		{ "a/b/c", "a/b", "c" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(text_is(path_dir(text_of(rows[i].path)), rows[i].dir));
		assert_true(text_is(path_base(text_of(rows[i].path)), rows[i].base));
	}
}

static void
components_come_one_by_one(void **state)
{
	struct text rest = TEXT("//a/./..//b/"), part;
	const char *want[] = { "a", ".", "..", "b" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_true(path_next(&rest, &part));
		assert_true(text_is(part, want[i]));
	}
	assert_false(path_next(&rest, &part));
}

static void
below_is_decided_by_whole_components(void **state)
{
	static const struct {
		const char *path, *dir;
		bool below;
	} rows[] = {
		{ "/a", "/a", true }, { "/a/b", "/a", true }, { "/ab", "/a", false },
		{ "/a", "/", true },  { "/", "/", true },     { "/", "/a", false },
		{ "a/b", "a", true }, { "a", "a/b", false },  { "a", ".", true },
		{ ".", ".", true },   { "..", ".", false },   { "../a", ".", false },
		{ "..a", ".", true }, { "a", "", true },      { ".a", ".", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(
		        path_is_below(text_of(rows[i].path), text_of(rows[i].dir)),
		        rows[i].below);
}

static void
a_directory_comes_right_before_what_is_below_it(void **state)
{
	static const char *const sorted[] = {
		"",   "a",    "a/b", "a/b/c", "a/b\x01", "a/b-",  "a\x01",
		"a-", "a-/x", "a.b", "aa",    "b",       "b\xC3",
	};
	const size_t n = sizeof sorted / sizeof *sorted;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			int order = path_compare(text_of(sorted[i]), text_of(sorted[j]));

			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleaning_is_that_of_go),
		cmocka_unit_test(a_joined_name_is_below_the_directory),
		cmocka_unit_test(base_and_dir_split_at_the_last_slash),
		cmocka_unit_test(components_come_one_by_one),
		cmocka_unit_test(below_is_decided_by_whole_components),
		cmocka_unit_test(a_directory_comes_right_before_what_is_below_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
