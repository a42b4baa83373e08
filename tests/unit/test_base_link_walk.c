#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/link_walk.h"
#include "base/own.h"

static const struct {
	const char *path, *target;
} links[] = {
	{ "abs", "/dir" },
	{ "dir/up", "../other" },
	{ "dots", "../../../dir/." },
	{ "loop", "./loop" },
	{ "deep", "abs/up" },
	{ "top/abs", "/dir" },
	{ "top/up", "../.." },
	{ "top/dir/out", "../../../up/x" },
};

static struct text
link_at(struct text path)
{
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (text_is(path, links[i].path))
			return text_of(links[i].target);
	return TEXT("");
}

/* Walks to the end: false if there are too many links. */
static bool
walk(struct link_walk *w, const char *top, const char *path)
{
	struct text name;

	link_walk_start(w, text_of(top), text_of(path));
	while (link_walk_next(w, &name)) {
		struct text target = link_at(buf_text(&w->done));

		if (target.n > 0 && !link_walk_follow(w, target))
			return false;
	}
	return true;
}

static void
links_are_followed_below_the_top(void **state)
{
	static const struct {
		const char *top, *path, *want;
	} rows[] = {
		{ "", "", "" },
		{ "", "a/b", "a/b" },
		{ "", "/a//./b/", "a/b" },
		{ "", "../a/../../b", "b" },
		{ "", "abs/f", "dir/f" },
		{ "", "abs/..", "" },
		{ "", "dir/up", "other" },
		{ "", "dots/f", "dir/f" },
		{ "", "deep/f", "other/f" },
		{ "", "missing/abs", "missing/abs" },
		{ "top", "", "top" },
		{ "top", "..", "top" },
		{ "top", "abs/f", "top/dir/f" },
		{ "top", "up/a", "top/a" },
		{ "top", "dir/out/f", "top/x/f" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_link_walk struct link_walk w;

		assert_true(walk(&w, rows[i].top, rows[i].path));
		assert_string_equal(buf_str(&w.done), rows[i].want);
	}
}

static void
links_in_a_circle_end(void **state)
{
	auto_link_walk struct link_walk w;

	(void)state;
	assert_false(walk(&w, "", "loop/f"));
	assert_int_equal(w.links, LINK_WALK_MAX);
	assert_string_equal(buf_str(&w.done), "loop");
}

/* The components, each with '+' if it comes from a link. */
static void
components_of_links_are_told_from_those_of_the_path(void **state)
{
	auto_buf struct buf seen = BUF_INIT;
	auto_link_walk struct link_walk w;
	struct text name;

	(void)state;
	link_walk_start(&w, TEXT(""), TEXT("a/deep/../deep/f"));
	while (link_walk_next(&w, &name)) {
		buf_print(&seen, "%.*s%s ", TEXT_ARG(name),
		          link_walk_is_in_link(&w) ? "+" : "");
		if (text_is(name, "deep"))
			assert_true(link_walk_follow(&w, TEXT("x/y")));
	}
	assert_string_equal(buf_str(&seen), "a deep x+ y+ deep x+ y+ f ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_are_followed_below_the_top),
		cmocka_unit_test(links_in_a_circle_end),
		cmocka_unit_test(components_of_links_are_told_from_those_of_the_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
