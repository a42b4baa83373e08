#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "parser/frame.h"

#define DASHES "--------------------\n"

static void
a_frame_shows_the_marked_lines_and_some_around(void **state)
{
	static const struct {
		const char *text;
		struct place places[2];
		size_t n;
		const char *want;
	} rows[] = {
		/* 431 one line */
		{ "a\nb\nc\nd\ne\nf\ng\n",
		  { { 4, 4, 0 } },
		  1,
		  "D:4\n" DASHES
		  "   2 |     b\n   3 |     c\n   4 | >>> d\n   5 |     e\n"
		  "   6 |     f\n" DASHES },
		/* first line */
		{ "a\nb\nc\nd\ne\n",
		  { { 1, 1, 0 } },
		  1,
		  "D:1\n" DASHES "   1 | >>> a\n   2 |     b\n   3 |     c\n" DASHES },
		/* last line, and the empty one behind the last LF */
		{ "a\nb\nc\n",
		  { { 3, 3, 0 } },
		  1,
		  "D:3\n" DASHES
		  "   1 |     a\n   2 |     b\n   3 | >>> c\n   4 |     \n" DASHES },
		{ "a\nb\nc",
		  { { 3, 3, 0 } },
		  1,
		  "D:3\n" DASHES "   1 |     a\n   2 |     b\n   3 | >>> c\n" DASHES },
		/* several lines */
		{ "a\nb\nc\nd\ne\nf\ng\n",
		  { { 3, 4, 0 } },
		  1,
		  "D:3\n" DASHES
		  "   2 |     b\n   3 | >>> c\n   4 | >>> d\n   5 |     e\n" DASHES },
		{ "a", { { 1, 1, 0 } }, 1, "D:1\n" DASHES "   1 | >>> a\n" DASHES },
		{ "a\n",
		  { { 1, 9, 0 } },
		  1,
		  "D:1\n" DASHES "   1 | >>> a\n   2 | >>> \n" DASHES },
		/* 432 */
		{ "a\nb\n",
		  { { 1, 1, 0 }, { 2, 2, 0 } },
		  2,
		  "D:1\n" DASHES "   1 | >>> a\n   2 |     b\n   3 |     \n" DASHES
		  "D:2\n" DASHES "   1 |     a\n   2 | >>> b\n   3 |     \n" DASHES },
		/* what a terminal would obey; CR LF; a name that is not ours */
		{ "a\033[2J\r\nb\tc\xc2\x9bK\r\n\xe2\x80\xaex\n",
		  { { 2, 2, 0 } },
		  1,
		  "D:2\n" DASHES "   1 |     a\\x1b[2J\n   2 | >>> b\tc\\u009bK\n"
		  "   3 |     \\u202ex\n   4 |     \n" DASHES },
		/* no place */
		{ "a\n", { { 0, 0, 0 } }, 1, "" },
		{ "a\n", { { 7, 7, 0 } }, 1, "" },
		{ "a\n", { { 0, 0, 0 } }, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_buf struct buf out = BUF_INIT;

		frame_print(&out, text_of(rows[i].text), "D", rows[i].places, rows[i].n);
		assert_string_equal(buf_str(&out), rows[i].want);
	}
}

static void
the_frame_of_the_specification_is_met(void **state)
{
	auto_buf struct buf text = BUF_INIT, out = BUF_INIT;
	const struct place place = { 15, 15, 0 };

	(void)state;
	for (int i = 1; i <= 14; i++)
		buf_add_str(&text, "line\n");
	buf_add_str(&text, "EXPOSE bad\n");
	frame_print(&out, buf_text(&text), "Dockerfile", &place, 1);
	assert_string_equal(buf_str(&out), "Dockerfile:15\n" DASHES "  13 |     line\n"
	                                   "  14 |     line\n  15 | >>> EXPOSE bad\n"
	                                   "  16 |     \n" DASHES);
}

static void
a_line_without_end_is_shown_in_part(void **state)
{
	auto_buf struct buf text = BUF_INIT, out = BUF_INIT;
	const struct place place = { 1, 1, 0 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_add_char(&text, 'x');
	frame_print(&out, buf_text(&text), "a\033[2J", &place, 1);
	assert_true(out.n < 3000);
	assert_true(text_starts(buf_text(&out), "a\\x1b[2J:1\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_shows_the_marked_lines_and_some_around),
		cmocka_unit_test(the_frame_of_the_specification_is_met),
		cmocka_unit_test(a_line_without_end_is_shown_in_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
