#include "builder/steps/mask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/base.h"

struct row {
	const char *name;
	const char *secret;
	const char *pieces[6];
	const char *expected;
};

static const struct row rows[] = {
	{ "without a secret all passes", "", { "abc", "def" }, "abcdef" },
	{ "a secret in one piece", "hush-hush", { "a hush-hush b\n" }, "a *** b\n" },
	{ "a secret in three pieces",
	  "hush-hush",
	  { "a hu", "sh-hu", "sh b" },
	  "a *** b" },
	{ "a beginning that is none", "hush-hush", { "hush-", "hop" }, "hush-hop" },
	{ "a beginning at the very end", "hush-hush", { "x hush-" }, "x hush-" },
	{ "twice, and again",
	  "hush-hush",
	  { "hush-hushhush-hush hush-hush" },
	  "****** ***" },
	{ "a line feed at the end is no part of it",
	  "hush-hush\n",
	  { "hush-hush." },
	  "***." },
	{ "each line of a long one",
	  "first line\nsecond line\n",
	  { "second line / first line" },
	  "*** / ***" },
	{ "the whole of a long one",
	  "first line\nsecond line",
	  { "first li", "ne\nsecond", " line" },
	  "***" },
	{ "a part of a long one is masked by lines",
	  "first line\nsecond line",
	  { "first line\nother" },
	  "***\nother" },
	{ "what is too short is everywhere", "ab", { "cab" }, "cab" },
};

static void
collect(void *arg, int stream, const void *bytes, size_t n)
{
	assert_int_equal(stream, 1);
	buf_add(arg, bytes, n);
}

static void
values_do_not_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_buf struct buf out = BUF_INIT;
		struct mask mask = { 0 };

		mask_add(&mask, text_of(rows[i].secret));
		for (size_t k = 0; k < 6 && rows[i].pieces[k] != NULL; k++)
			mask_feed(&mask, 1, rows[i].pieces[k], strlen(rows[i].pieces[k]),
			          collect, &out);
		mask_flush(&mask, collect, &out);
		if (strcmp(buf_str(&out), rows[i].expected) != 0)
			fail_msg("%s: \"%s\"", rows[i].name, buf_str(&out));
		mask_clear(&mask);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(values_do_not_pass) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
