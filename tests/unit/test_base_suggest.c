#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/suggest.h"

static const char *const words[] = {
	"COPY", "CMD", "ENV", "EXPOSE", "ENTRYPOINT", "FROM"
};

static void
the_nearest_word_is_suggested(void **state)
{
	static const struct {
		const char *word;
		bool nocase;
		const char *want;
	} rows[] = {
		{ "FORM", true, "FROM" },     { "copi", true, "COPY" },
		{ "copi", false, NULL },      { "ENTRYPIONT", false, "ENTRYPOINT" },
		{ "EXPOS", false, "EXPOSE" }, { "EXPO", false, "EXPOSE" },
		{ "EXP", false, "ENV" },      { "CM", false, "CMD" },
		{ "CMDxxx", false, NULL },    { "nothing", true, NULL },
		{ "FROM", false, NULL },      { "from", true, NULL },
		{ "", false, NULL },          { "COPYING-A-VERY-LONG-WORD", false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *got = suggest_find(text_of(rows[i].word), words,
		                               sizeof words / sizeof *words,
		                               rows[i].nocase);

		if (rows[i].want == NULL)
			assert_null(got);
		else
			assert_string_equal(got, rows[i].want);
	}
}

static void
the_first_of_equally_near_words_wins(void **state)
{
	static const char *const near[] = { "ab", "ac", "ad" };

	(void)state;
	assert_string_equal(suggest_find(TEXT("ax"), near, 3, false), "ab");
	assert_null(suggest_find(TEXT("ad"), near, 3, false));
	assert_null(suggest_find(TEXT("ax"), near, 0, false));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_word_is_suggested),
		cmocka_unit_test(the_first_of_equally_near_words_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
