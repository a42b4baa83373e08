#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "builder/ui/shown.h"

#define NO_CHAR "\xef\xbf\xbd" /* U+FFFD */

static void
foreign_text_becomes_harmless(void **state)
{
	static const struct {
		const char *text, *log, *screen;
	} rows[] = {
		{ "", "", "" },
		{ "plain text", "plain text", "plain text" },
		{ "a\tb", "a\tb", "a b" },
		{ "two\nlines", "two lines", "two lines" },
		/* Colours */
		{ "\033[31mred\033[0m", "\033[31mred\033[0m", "red" },
		{ "\033[31mred", "\033[31mred\033[0m", "red" },
		{ "\033[1;38;5;9mx\033[m", "\033[1;38;5;9mx\033[m", "x" },
		/* Moving, clearing, private modes, a private "m" */
		{ "a\033[2Jb\033[1;1Hc", "abc", "abc" },
		{ "a\033[?1049hb\033[>4;1mc", "abc", "abc" },
		{ "a\033[5 qb", "ab", "ab" },
		/* Title, clipboard, device control, with both ends and without */
		{ "a\033]0;title\007b", "ab", "ab" },
		{ "a\033]52;c;aGk=\033\\b", "ab", "ab" },
		{ "a\033Pq#0\033\\b\033_x\033\\c\033^y\033\\d\033Xz\033\\e", "abcde",
		  "abcde" },
		{ "a\033]0;never ends", "a", "a" },
		/* Short escapes: reset, save, character sets, keypad */
		{ "a\033cb\0337c\033(0d\033=e", "abcde", "abcde" },
		{ "cut\033", "cut", "cut" },
		{ "cut\033[", "cut", "cut" },
		{ "cut\033[12;3", "cut", "cut" },
		{ "cut\033(", "cut", "cut" },
		/* Single controls */
		{ "a\bb\ac\vd\fe\177f\016g", "abcdefg", "abcdefg" },
		{ "a\xc2\x9b"
		  "31mb",
		  "a31mb", "a31mb" },
		{ "a\xc2\x85"
		  "b",
		  "ab", "ab" },
		/* Turned around */
		{ "a\xe2\x80\xae"
		  "b\xe2\x81\xa6"
		  "c",
		  "abc", "abc" },
		/* No UTF-8 */
		{ "caf\xe9 x", "caf\xe9 x", "caf" NO_CHAR " x" },
		{ "a\x9b"
		  "b",
		  "a" NO_CHAR "b", "a" NO_CHAR "b" },
		{ "\xc3\xa9 \xe6\x97\xa5", "\xc3\xa9 \xe6\x97\xa5",
		  "\xc3\xa9 \xe6\x97\xa5" },
		/* Carriage returns: the view of a log does its own with them */
		{ "10%\r20%\r30%", "10%20%30%", "30%" },
		{ "10%\r20%\r", "10%20%", "20%" },
		{ "line\r", "line", "line" },
		{ "\r\r", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_buf struct buf log = BUF_INIT, screen = BUF_INIT;

		shown_add(&log, text_of(rows[i].text), SHOWN_LOG);
		shown_add(&screen, text_of(rows[i].text), SHOWN_SCREEN);
		assert_string_equal(buf_str(&log), rows[i].log);
		assert_string_equal(buf_str(&screen), rows[i].screen);
	}
}

static void
a_nul_byte_is_left_out(void **state)
{
	auto_buf struct buf log = BUF_INIT;

	(void)state;
	shown_add(&log, (struct text){ "a\0b", 3 }, SHOWN_LOG);
	assert_string_equal(buf_str(&log), "ab");
}

static void
text_is_cut_between_characters(void **state)
{
	static const struct {
		const char *text;
		size_t width, columns;
		const char *want;
	} rows[] = {
		{ "abc", 3, 2, "ab" },
		{ "abc", 3, 3, "abc" },
		{ "abc", 3, 9, "abc" },
		{ "abc", 3, 0, "" },
		{ "\xc3\xa9t\xc3\xa9", 3, 2, "\xc3\xa9t" },
		/* Two columns each */
		{ "\xe6\x97\xa5\xe6\x9c\xac", 4, 3, "\xe6\x97\xa5" },
		{ "\xe6\x97\xa5\xe6\x9c\xac", 4, 1, "" },
		{ "\xf0\x9f\x98\x80x", 3, 2, "\xf0\x9f\x98\x80" },
		/* A combining accent takes none and stays with its letter. */
		{ "e\xcc\x81x", 2, 1, "e\xcc\x81" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text got = shown_cut(text_of(rows[i].text), rows[i].columns);

		assert_int_equal(shown_width(text_of(rows[i].text)), rows[i].width);
		assert_true(text_is(got, rows[i].want));
	}
}

/* Whatever comes in, no escape but a colour and no other control comes out. */
static void
no_control_gets_through(void **state)
{
	static const char alphabet[] = "\033[]0;1m?HJ\007\\\r\n\b P\x9b\xc2\xe2\x80\xae";
	uint32_t random = 1;

	(void)state;
	for (size_t round = 0; round < 20000; round++) {
		auto_buf struct buf log = BUF_INIT;
		char text[24];

		for (size_t i = 0; i < sizeof text; i++) {
			random = random * 1664525 + 1013904223;
			text[i] = alphabet[(random >> 16) % (sizeof alphabet - 1)];
		}
		shown_add(&log, (struct text){ text, sizeof text }, SHOWN_LOG);
		for (size_t i = 0; i < log.n; i++) {
			unsigned char c = (unsigned char)log.p[i];

			if (c == 0x1b) {
				assert_int_equal(log.p[i + 1], '[');
				i += 2 + strspn(log.p + i + 2, "0123456789:;");
				assert_int_equal(log.p[i], 'm');
			} else {
				assert_true(c >= 0x20 && c != 0x7f);
			}
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(foreign_text_becomes_harmless),
		cmocka_unit_test(a_nul_byte_is_left_out),
		cmocka_unit_test(text_is_cut_between_characters),
		cmocka_unit_test(no_control_gets_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
