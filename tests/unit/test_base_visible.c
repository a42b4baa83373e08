#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/visible.h"

#define BYTES(literal)                                                                   \
	{                                                                                \
		(literal), sizeof(literal) - 1                                           \
	}

/* A text, and what is printed of it in each place. */
static const struct {
	struct text text;
	const char *line, *cell, *title, *lines, *message;
} rows[] = {
	{ BYTES(""), "", "", "", "", "" },
	{ BYTES("plain \\x1b"), "plain \\x1b", "plain \\x1b", "plain \\x1b",
	  "plain \\x1b", "plain \\x1b" },
	{ BYTES("a\tb"), "a\tb", "a\\tb", "a b", "a\tb", "a\tb" },
	{ BYTES("a\nb"), "a\\nb", "a\\nb", "a b", "a\nb", "a\n  b" },
	{ BYTES("a\r\nERROR: b"), "a\\x0d\\nERROR: b", "a\\x0d\\nERROR: b",
	  "a\\x0d ERROR: b", "a\\x0d\nERROR: b", "a\\x0d\n  ERROR: b" },
};

/* The same everywhere. */
static const struct {
	struct text text;
	const char *want;
} same[] = {
	{ BYTES("\033[2J\033]0;title\007"), "\\x1b[2J\\x1b]0;title\\x07" },
	{ BYTES("a\0b\bc\x7f"), "a\\x00b\\x08c\\u007f" },
	/* C1 as UTF-8, and as a byte */
	{ BYTES("\xc2\x9b"
	        "2J\xc2\x85"),
	  "\\u009b2J\\u0085" },
	{ BYTES("\x9b"
	        "2J"),
	  "\\x9b2J" },
	/* Direction: override, isolates, marks; separators of lines */
	{ BYTES("a\xe2\x80\xae"
	        "b\xe2\x80\xac"),
	  "a\\u202eb\\u202c" },
	{ BYTES("\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"),
	  "\\u2066\\u2069\\u200e\\u200f\\u061c" },
	{ BYTES("\xe2\x80\xa8\xe2\x80\xa9"), "\\u2028\\u2029" },
	/* No UTF-8: a lone byte, too short, overlong, a surrogate */
	{ BYTES("caf\xe9 x"), "caf\\xe9 x" },
	{ BYTES("\xe6\x97"), "\\xe6\\x97" },
	{ BYTES("\xc0\x9b"), "\\xc0\\x9b" },
	{ BYTES("\xed\xa0\x80"), "\\xed\\xa0\\x80" },
	/* Letters of all kinds are left alone, joined ones too. */
	{ BYTES("\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac "
	        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb "
	        "\xc2\xa0"),
	  "\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac "
	  "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb "
	  "\xc2\xa0" },
};

static void
check(struct text text, enum visible how, const char *want)
{
	auto_free char *once = visible_copy(text, how);

	assert_string_equal(once, want);
}

static void
what_a_terminal_would_obey_is_written_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		check(rows[i].text, VISIBLE_LINE, rows[i].line);
		check(rows[i].text, VISIBLE_CELL, rows[i].cell);
		check(rows[i].text, VISIBLE_TITLE, rows[i].title);
		check(rows[i].text, VISIBLE_LINES, rows[i].lines);
		check(rows[i].text, VISIBLE_MESSAGE, rows[i].message);
	}
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		for (int how = VISIBLE_LINE; how <= VISIBLE_MESSAGE; how++)
			check(same[i].text, (enum visible)how, same[i].want);
}

static void
what_is_visible_stays_as_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		check(text_of(same[i].want), VISIBLE_LINE, same[i].want);
}

static void
of_a_long_text_both_ends_are_shown(void **state)
{
	static const struct {
		const char *text;
		size_t max;
		const char *want;
	} parts[] = {
		{ "12345678", 8, "12345678" },
		{ "123456789", 8, "123456 \xe2\x80\xa6 89" },
		{ "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4,
		  "\xc3\xa9 \xe2\x80\xa6 \xc3\xa9" },
		{ "1234567\033", 7, "123456 \xe2\x80\xa6 \\x1b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		auto_buf struct buf out = BUF_INIT;

		visible_add_part(&out, text_of(parts[i].text), parts[i].max,
		                 VISIBLE_LINE);
		assert_string_equal(buf_str(&out), parts[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_terminal_would_obey_is_written_out),
		cmocka_unit_test(what_is_visible_stays_as_it_is),
		cmocka_unit_test(of_a_long_text_both_ends_are_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
