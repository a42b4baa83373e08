#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parser/rune.h"

static void
blanks_are_those_of_unicode(void **state)
{
	static const uint32_t blanks[] = { '\t',   '\n',   '\v',  '\f',   '\r',
		                           ' ',    0x85,   0xA0,  0x1680, 0x2000,
		                           0x200A, 0x2028, 0x3000 };
	static const uint32_t others[] = { 0,      'a',    0x1F,   0x7F,
		                           0x200B, 0x2060, 0xFEFF, 0x180E };

	(void)state;
	for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++)
		assert_true(rune_is_blank(blanks[i]));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(rune_is_blank(others[i]));
}

static void
letters_of_any_script_make_names(void **state)
{
	static const uint32_t letters[] = { 'a',   'Z',   0xAA,   0xE9,
		                            0x3B1, 0x416, 0x4E2D, 0x20000 };
	static const uint32_t others[] = {
		'1',    '_',    '-',    ' ',    0xA0,   0xD7,
		0x2013, 0x20AC, 0x2192, 0x3002, 0xFFFD, 0x1F600
	};

	(void)state;
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		assert_true(rune_is_letter(letters[i]));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(rune_is_letter(others[i]));
}

static void
trimming_takes_blanks_of_any_length_off(void **state)
{
	(void)state;
	assert_true(text_is(rune_trim(TEXT(" \t\xC2\xA0"
	                                   "a b\xE3\x80\x80\n")),
	                    "a b"));
	assert_true(text_is(rune_trim_left(TEXT("\xE2\x80\x83"
	                                        "a ")),
	                    "a "));
	assert_int_equal(rune_trim(TEXT(" \xC2\x85 ")).n, 0);
	/* A blank's last byte alone is none. */
	assert_int_equal(rune_trim(TEXT("\xA0"
	                                "a\xA0"))
	                         .n,
	                 3);
	assert_int_equal(rune_trim(TEXT("")).n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blanks_are_those_of_unicode),
		cmocka_unit_test(letters_of_any_script_make_names),
		cmocka_unit_test(trimming_takes_blanks_of_any_length_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
