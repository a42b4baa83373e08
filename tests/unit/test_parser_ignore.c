#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/map.h"
#include "parser/ignore.h"

/* What is left of PATHS (parents before children, blank-separated) after a
 * walk that enters what it must. Caller frees. */
static char *
walk(const struct ignore *ig, const char *paths)
{
	struct text rest = text_of(paths);
	size_t size = ignore_state_size(ig);
	struct map states = MAP_INIT;
	struct buf kept = BUF_INIT;

	while (rest.n > 0) {
		ptrdiff_t blank = text_find(rest, ' ');
		struct text path = text_first(rest, blank < 0 ? rest.n : (size_t)blank);
		const char *slash = memrchr(path.p, '/', path.n);
		char *state = mem_new(size), *above = NULL;

		if (slash != NULL)
			above = map_find(&states,
			                 text_first(path, (size_t)(slash - path.p)));
		if (!ignore_match(ig, path, above, state)) {
			buf_add_str(&kept, kept.n > 0 ? " " : "");
			buf_add_text(&kept, path);
		}
		map_set(&states, path, state);
		rest = text_from(rest, blank < 0 ? rest.n : (size_t)blank + 1);
	}
	for (size_t i = 0; i < states.n; i++)
		free(states.items[i].value);
	map_clear(&states);
	return buf_take(&kept);
}

static void
patterns_decide_what_is_left_of_a_tree(void **state)
{
	static const struct {
		const char *ignore, *paths, *want;
	} rows[] = {
		/* 328 */ { "# a\n\n  \nb\n", "a b", "a" },
		{ "\xEF\xBB\xBF"
		  "a\n",
		  "a b", "b" },
		{ "a\r\nb\r\n", "a b c", "c" },
		{ " #x\n", "#x x", "x" },
		{ "  a  ", "a b", "b" },
		{ "", "a", "a" },
		/* 329 */ { "/a\nb/\n//c//\n", "a b b/x c d", "d" },
		/* 330 */ { "a/./b//c/../d\n", "a a/b a/b/c a/b/d", "a a/b a/b/c" },
		/* 331 */ { "*.md\n", "x.md a a/x.md", "a a/x.md" },
		{ "**/*.md\n", "x.md a a/x.md a/y", "a a/y" },
		/* 332 */ { "**/x\n", "x a a/x a/xx a/b a/b/x bx", "a a/xx a/b bx" },
		{ "**x\n", "x ax a a/bx a/y", "a a/y" },
		{ "a/**\n", "a a/b a/b/c ab", "a ab" },
		{ "a/**/b\n", "a a/b a/x a/x/b a/x/y a/x/y/b a/xb", "a a/x a/x/y a/xb" },
		{ "**\n", "a a/b", "" },
		{ "a**\n", "a ab b ab/c", "b" },
		{ "**/a/**\n", "a a/x b b/a b/a/y", "a b b/a" },
		{ "**/**/x\n", "x a a/x", "a" },
		{ "a/**/**/b\n", "a a/b a/x a/x/b", "a a/x" },
		{ "*/**/x\n", "x a a/x a/b a/b/x", "x a a/b" },
		{ "a**b*\n", "ab axb abc a a/b a/c a/c/bx", "axb a a/c" },
		{ "**b*\n", "b bc ab a a/bx", "ab a" },
		/* 333 */
		{ "a?c\n",
		  "abc ac a a/c a\xC3\xA9"
		  "c",
		  "ac a a/c" },
		{ "[a-x]\n", "a m y z", "y z" },
		{ "[^a]z\n", "az bz \xC3\xA9z", "az" },
		{ "x[*?]\n", "x* x? xa", "xa" },
		{ "\\!x\n\\#y\n", "!x #y x", "x" },
		{ "a\\*\n", "a* ab", "ab" },
		{ "a]b\n", "a]b a", "a" },
		{ "a.b+(c)\n", "a.b+(c) axb", "axb" },
		/* 334 */ { "!x\nx\n", "x", "" },
		{ "x\n!x\n", "x", "x" },
		{ "*\n!x\nx\n!x\n", "x y", "x" },
		{ "! x\nx*\n!  xa\n", "x xa xb", "xa" },
		/* 335 */ { "a\n!a/b\n", "a a/b a/b/c a/d", "a/b a/b/c" },
		/* 336 */ { "a/*\n!a/b/c\n", "a a/b a/b/c a/b/d a/x", "a a/b/c" },
		/* 337 */
		{ "*\n!a\na/b\n!a/b/c\n", "a a/1 a/b a/b/2 a/b/c a/b/c/3 d",
		  "a a/1 a/b/c a/b/c/3" },
		{ "**\n!x/*.md\n", "x x/z.md x/y x/y/w.md a.md", "x/z.md" },
		{ "a/**\n!a/keep\n", "a a/x a/keep a/keep/y", "a a/keep a/keep/y" },
		/* 339 */ { ".\n/\n../a\n..\n", "a b b/a", "a b b/a" },
		{ "\xC3\xA9*\n", "\xC3\xA9x e", "e" },
	};
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_error struct error err = ERROR_INIT;
		struct ignore *ig = ignore_parse(text_of(rows[i].ignore), ".dockerignore",
		                                 &err);
		char *got;

		assert_non_null(ig);
		got = walk(ig, rows[i].paths);
		if (strcmp(got, rows[i].want) != 0) {
			print_error("%s on %s\n  got  %s\n  want %s\n", rows[i].ignore,
			            rows[i].paths, got, rows[i].want);
			wrong++;
		}
		free(got);
		ignore_free(ig);
	}
	assert_int_equal(wrong, 0);
}

static void
malformed_patterns_are_refused_with_their_line(void **state)
{
	static const struct {
		const char *text, *want;
		int line;
	} rows[] = {
		/* 338 */ { "a\n!\n",
		            "x.dockerignore:2: \"!\": illegal exclusion pattern: \"!\"",
		            2 },
		{ "!  \n", "x.dockerignore:1: \"!\": illegal exclusion pattern: \"!\"",
		  1 },
		{ "a\n# [\n[\n", "x.dockerignore:3: \"[\": syntax error in pattern", 3 },
		{ "![a-\n", "x.dockerignore:1: \"![a-\": syntax error in pattern", 1 },
		{ "a\\\n", "x.dockerignore:1: \"a\\\": syntax error in pattern", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_error struct error err = ERROR_INIT;

		assert_null(ignore_parse(text_of(rows[i].text), "x.dockerignore", &err));
		assert_int_equal(err.code, ERR_DOCKERFILE);
		assert_string_equal(err.text, rows[i].want);
		assert_string_equal(err.file, "x.dockerignore");
		assert_int_equal(err.n_at, 1);
		assert_int_equal(err.at[0].line, rows[i].line);
	}
}

static void
the_line_that_excludes_a_path_is_known(void **state)
{
	static const struct {
		const char *text, *path, *want;
	} rows[] = {
		{ "# x\n*.o\n", "a.o", "ign:2" },
		{ "*.o\na.*\n", "a.o", "ign:2" },
		{ "dir\n", "dir/deep/file", "ign:1" },
		{ "*\n!a\n", "b", "ign:1" },
		{ "\n\n./dir/\n", "dir", "ign:3" },
		{ "*.o\n", "a.c", NULL },
		{ "", "a", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_error struct error err = ERROR_INIT;
		struct ignore *ig = ignore_parse(text_of(rows[i].text), "ign", &err);
		char *got = ignore_place(ig, text_of(rows[i].path));

		if (rows[i].want == NULL)
			assert_null(got);
		else
			assert_string_equal(got, rows[i].want);
		free(got);
		ignore_free(ig);
	}
}

static void
only_folders_that_can_hold_something_kept_are_entered(void **state)
{
	static const struct {
		const char *ignore, *path;
		bool want;
	} rows[] = {
		{ "a\n", "a", false },
		{ "a\n!a/b\n", "a", true },
		{ "a\n!a/b\n", "ab", false },
		{ "*\n!a/b/c\n", "a/b", true },
		{ "*\n!a/b/c\n", "a/c", false },
		{ "*\n!*.md\n", "a", false },
		{ "*\n!*/x\n", "a", true },
		{ "*\n!*/x\n", "a/b", false },
		{ "*\n!a*/x\n", "b", false },
		{ "*\n!**/x\n", "a/b/c", true },
		{ "*\n!**x\n", "a", true },
		{ "*\n!a/**\n", "a/b", true },
		{ "*\n!a/**\n", "b", false },
		{ "*\n!a/**/x\n", "a/b/c", true },
		{ "*\n!a/?/x\n", "a/bb", false },
		{ "*\n!a\n", "a", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_error struct error err = ERROR_INIT;
		struct ignore *ig = ignore_parse(text_of(rows[i].ignore), "x", &err);

		assert_non_null(ig);
		if (ignore_may_reinclude(ig, text_of(rows[i].path)) != rows[i].want)
			fail_msg("%s: %s", rows[i].ignore, rows[i].path);
		ignore_free(ig);
	}
}

static void
a_path_alone_is_tried_with_its_parents(void **state)
{
	static const struct text patterns[] = {
		{ "a", 1 }, { "!a/b/*.md", 9 }, { " c/ ", 4 }, { "/d", 2 }
	};
	auto_error struct error err = ERROR_INIT;
	struct ignore *ig = ignore_new(patterns, 4, &err);

	(void)state;
	assert_non_null(ig);
	assert_true(ignore_match_alone(ig, TEXT("a/x/y")));
	assert_true(ignore_match_alone(ig, TEXT("c/d")));
	assert_false(ignore_match_alone(ig, TEXT("a/b/x.md")));
	/* Only a file's patterns are about a root. */
	assert_false(ignore_match_alone(ig, TEXT("d/a")));
	assert_true(ignore_has_exceptions(ig));
	assert_false(ignore_is_empty(ig));
	ignore_free(ig);
	ig = ignore_parse(TEXT(""), "x", &err);
	assert_true(ignore_is_empty(ig));
	assert_false(ignore_has_exceptions(ig));
	assert_false(ignore_match(ig, TEXT("a"), NULL, NULL));
	ignore_free(ig);
	ignore_free(NULL);
}

static void
long_and_hostile_patterns_match_in_linear_time(void **state)
{
	auto_buf struct buf text = BUF_INIT, path = BUF_INIT;
	auto_error struct error err = ERROR_INIT;
	struct ignore *ig;

	(void)state;
	for (int i = 0; i < 500; i++) {
		buf_add_str(&text, "**/a*?/");
		buf_add_str(&path, "ab\xC3\xA9/");
	}
	buf_add_str(&text, "x[yz]\n");
	buf_add_str(&path, "xz");
	ig = ignore_parse(buf_text(&text), "x", &err);
	assert_non_null(ig);
	assert_true(ignore_match(ig, buf_text(&path), NULL, NULL));
	path.p[path.n - 1] = 'w';
	assert_false(ignore_match(ig, buf_text(&path), NULL, NULL));
	ignore_free(ig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_decide_what_is_left_of_a_tree),
		cmocka_unit_test(malformed_patterns_are_refused_with_their_line),
		cmocka_unit_test(the_line_that_excludes_a_path_is_known),
		cmocka_unit_test(only_folders_that_can_hold_something_kept_are_entered),
		cmocka_unit_test(a_path_alone_is_tried_with_its_parents),
		cmocka_unit_test(long_and_hostile_patterns_match_in_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
