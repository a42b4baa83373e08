#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/own.h"
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

static void
a_suggestion_is_told_in_a_hint_or_behind_the_message(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *some = suggest_print("$", "HOME"),
	               *none = suggest_print("$", NULL);

	(void)state;
	assert_string_equal(some, " (did you mean $HOME?)");
	assert_string_equal(none, "");
	error_set(&err, ERR_USAGE, "unknown");
	assert_int_equal(suggest_hint(&err, NULL), -1);
	assert_null(err.hint);
	assert_int_equal(suggest_hint(&err, "build"), -1);
	error_hint(&err, "another");
	assert_string_equal(err.hint, "did you mean build?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_word_is_suggested),
		cmocka_unit_test(the_first_of_equally_near_words_wins),
		cmocka_unit_test(a_suggestion_is_told_in_a_hint_or_behind_the_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
