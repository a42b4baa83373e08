#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/own.h"
#include "base/text.h"

static void
lines_are_cut_at_lf_and_the_last_needs_none(void **state)
{
	struct text rest = TEXT("a\n\nb\r\nc"), line;
	const char *want[] = { "a", "", "b\r", "c" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_true(text_line(&rest, &line));
		assert_true(text_is(line, want[i]));
	}
	assert_false(text_line(&rest, &line));
	rest = TEXT("x\n");
	assert_true(text_line(&rest, &line));
	assert_false(text_line(&rest, &line));
	rest = (struct text){ NULL, 0 };
	assert_false(text_line(&rest, &line));
}

static void
the_null_view_is_an_empty_text(void **state)
{
	struct text none = text_of(NULL);
	auto_free char *copy = text_copy(none);

	(void)state;
	assert_true(text_equal(none, TEXT("")));
	assert_true(text_starts(none, ""));
	assert_true(text_ends(none, ""));
	assert_false(text_starts(none, "a"));
	assert_int_equal(text_find(none, 'a'), -1);
	assert_int_equal(text_trim(none).n, 0);
	assert_int_equal(text_from(none, 0).n, 0);
	assert_int_equal(text_first(none, 5).n, 0);
	assert_string_equal(copy, "");
}

static void
comparison_is_bytewise_and_prefixes_come_first(void **state)
{
	static const char *const sorted[] = { "", "A", "a", "a\x01", "ab", "b", "\xC3" };
	const size_t n = sizeof sorted / sizeof *sorted;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			int order = text_compare(text_of(sorted[i]), text_of(sorted[j]));

			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
}

static void
case_is_ignored_for_ascii_only(void **state)
{
	(void)state;
	assert_true(text_equal_nocase(TEXT("From"), TEXT("fROM")));
	assert_false(text_equal_nocase(TEXT("From"), TEXT("fRO")));
	assert_false(text_equal_nocase(TEXT("\xC3\x84"), TEXT("\xC3\xA4")));
	assert_false(text_equal_nocase(TEXT("@["), TEXT("`{")));
}

static void
trimming_removes_ascii_blanks_at_both_ends(void **state)
{
	(void)state;
	assert_true(text_is(text_trim(TEXT(" \t\r\n\v\fa b \n")), "a b"));
	assert_true(text_is(text_trim(TEXT(" \t ")), ""));
	assert_true(text_is(text_trim(TEXT("\xC2\xA0")), "\xC2\xA0"));
}

static void
runes_are_valid_utf8_only(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		uint32_t rune;
	} rows[] = {
		{ "", 0, 0 },
		{ "a", 1, 'a' },
		{ "\x7F", 1, 0x7F },
		{ "\xC2\x80", 2, 0x80 },
		{ "\xE2\x82\xAC!", 3, 0x20AC },
		{ "\xF0\x9F\x98\x80", 4, 0x1F600 },
		{ "\xF4\x8F\xBF\xBF", 4, 0x10FFFF },
		{ "\x80", 0, 0 },             /* continuation alone */
		{ "\xC0\x80", 0, 0 },         /* overlong */
		{ "\xC1\xBF", 0, 0 },         /* overlong */
		{ "\xE0\x9F\xBF", 0, 0 },     /* overlong */
		{ "\xF0\x8F\xBF\xBF", 0, 0 }, /* overlong */
		{ "\xED\xA0\x80", 0, 0 },     /* surrogate */
		{ "\xF4\x90\x80\x80", 0, 0 }, /* beyond U+10FFFF */
		{ "\xF5\x80\x80\x80", 0, 0 },
		{ "\xE2\x82", 0, 0 }, /* cut */
		{ "\xE2\x82"
		  "a",
		  0, 0 },
		{ "\xFF", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint32_t rune = 0;

		assert_int_equal(text_rune(text_of(rows[i].bytes), &rune), rows[i].n);
		assert_int_equal(rune, rows[i].rune);
	}
}

static void
an_empty_buffer_is_a_string_all_the_same(void **state)
{
	auto_buf struct buf b = BUF_INIT;
	auto_free char *taken = NULL;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	assert_int_equal(buf_text(&b).n, 0);
	buf_truncate(&b, 0);
	buf_add(&b, NULL, 0);
	assert_string_equal(b.p, "");
	taken = buf_take(&b);
	assert_string_equal(taken, "");
	assert_null(b.p);
}

static void
buffers_grow_and_hold_any_byte(void **state)
{
	auto_buf struct buf b = BUF_INIT;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		buf_add_char(&b, (char)i);
		assert_int_equal(b.p[b.n], 0);
	}
	assert_int_equal(b.n, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(b.p[i], (char)i);
	buf_truncate(&b, 3);
	buf_add_str(&b, "xyz");
	assert_memory_equal(b.p, "\0\1\2xyz", 7);
	buf_reserve(&b, 100000);
	assert_true(b.cap > 100006);
	assert_memory_equal(b.p, "\0\1\2xyz", 7);
}

static void
printing_appends_texts_of_any_length(void **state)
{
	auto_buf struct buf b = BUF_INIT;
	char wide[301];

	(void)state;
	memset(wide, 'w', 300);
	wide[300] = '\0';
	for (size_t n = 0; n < 300; n++) {
		buf_truncate(&b, 0);
		buf_print(&b, "<%s>", wide + n);
		assert_int_equal(b.n, 302 - n);
		assert_int_equal(b.p[b.n - 1], '>');
		assert_int_equal(strlen(b.p), b.n);
	}
}

static void
quoting_is_that_of_go(void **state)
{
	const struct {
		struct text in;
		const char *out;
	} rows[] = {
		{ TEXT(""), "\"\"" },
		{ TEXT("abc 'x'"), "\"abc 'x'\"" },
		{ TEXT("\a\b\f\n\r\t\v\"\\"), "\"\\a\\b\\f\\n\\r\\t\\v\\\"\\\\\"" },
		{ TEXT("\0\x1B\x7F"), "\"\\x00\\x1b\\x7f\"" },
		{ TEXT("\xFF\xC3("), "\"\\xff\\xc3(\"" },
		{ TEXT("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"),
		  "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"" },
		{ TEXT("\xC2\x80\xC2\xA0\xC2\xAD"), "\"\\u0080\\u00a0\\u00ad\"" },
		{ TEXT("\xE2\x80\xA8\xEF\xBB\xBF\xE3\x80\x80"),
		  "\"\\u2028\\ufeff\\u3000\"" },
		{ TEXT("\xEF\xBF\xBD"), "\"\xEF\xBF\xBD\"" },
		{ TEXT("\xF3\xA0\x80\x81\xF4\x8F\xBF\xBF"),
		  "\"\\U000e0001\\U0010ffff\"" },
		{ TEXT("\xED\xA0\x80"), "\"\\xed\\xa0\\x80\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_buf struct buf b = BUF_INIT;

		buf_add_quoted(&b, rows[i].in);
		assert_string_equal(buf_str(&b), rows[i].out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_cut_at_lf_and_the_last_needs_none),
		cmocka_unit_test(the_null_view_is_an_empty_text),
		cmocka_unit_test(comparison_is_bytewise_and_prefixes_come_first),
		cmocka_unit_test(case_is_ignored_for_ascii_only),
		cmocka_unit_test(trimming_removes_ascii_blanks_at_both_ends),
		cmocka_unit_test(runes_are_valid_utf8_only),
		cmocka_unit_test(an_empty_buffer_is_a_string_all_the_same),
		cmocka_unit_test(buffers_grow_and_hold_any_byte),
		cmocka_unit_test(printing_appends_texts_of_any_length),
		cmocka_unit_test(quoting_is_that_of_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
