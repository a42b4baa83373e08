#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "builder/cli/near.h"
#include "builder/cli/options.h"

struct values {
	bool flag;
	const char *string;
	struct text text;
	ARRAY(struct text) texts;
	uint64_t size;
	size_t count;
	const char *call, *call_flag;
};

static int
set_call(void *target, struct text value, struct error *err)
{
	if (text_is(value, "bad"))
		return error_set(err, ERR_USAGE, "must be good");
	((struct values *)target)->call = value.p;
	return 0;
}

static int
set_call_flag(void *target, struct text value, struct error *err)
{
	(void)err;
	((struct values *)target)->call_flag = value.p == NULL ? "(bare)" : value.p;
	return 0;
}

#define AT(member) offsetof(struct values, member)

static const struct option_row rows[] = {
	{ "flag", 'f', NULL, OPTION_FLAG, AT(flag), NULL, "a flag" },
	{ "string", 's', "TEXT", OPTION_STRING, AT(string), NULL, "a string" },
	{ "text", 0, "TEXT", OPTION_TEXT, AT(text), NULL, "a text" },
	{ "texts", 't', "TEXT", OPTION_TEXTS, AT(texts), NULL, "several" },
	{ "size", 0, "SIZE", OPTION_SIZE, AT(size), NULL, "a size" },
	{ "count", 'c', "N", OPTION_COUNT, AT(count), NULL, "a number" },
	{ "call", 0, "good|bad", OPTION_CALL, 0, set_call, "a function" },
	{ "call-flag", 0, "[=one|two]", OPTION_CALL_FLAG, 0, set_call_flag,
	  "maybe a value" },
	{ "old", 0, NULL, OPTION_IGNORED, 0, NULL, NULL },
	{ "old-value", 0, "X", OPTION_IGNORED_VALUE, 0, NULL, NULL },
	{ 0 },
};

static const struct command command = {
	.name = "try",
	.arguments = "[OPTIONS] WORD",
	.summary = "Tries options.",
	.options = rows,
};

static const struct command bare = { .name = "bare",
	                             .arguments = "",
	                             .summary = "Nothing." };

struct reading {
	struct values v;
	struct words_left words;
	struct error err;
	enum options_outcome outcome;
};

static void
read_line(struct reading *r, const struct command *c, const char *const *line)
{
	int argc = 0;

	*r = (struct reading){ .err = ERROR_INIT };
	while (line[argc] != NULL)
		argc++;
	r->outcome = options_read(c, argc, (char **)(uintptr_t)line, &r->v, &r->words,
	                          &r->err);
}

static void
reading_clear(struct reading *r)
{
	array_clear(&r->v.texts);
	array_clear(&r->words.list);
	error_clear(&r->err);
}

/* ------------------------------------------------------------ what is read */

static void
values_are_written_in_every_usual_way(void **state)
{
	static const char *const lines[][8] = {
		{ "--string=x", "--texts=a", "--texts=b", "-c3", NULL },
		{ "--string", "x", "--texts", "a", "--texts", "b", "--count", "3" },
		{ "-s", "x", "-ta", "-tb", "-c", "3", NULL },
		{ "-sx", "-t=a", "-t=b", "--count=3", NULL },
		{ "-s=x", "-fta", "-ftb", "-fc3", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		const char *line[9] = { NULL };
		struct reading r;

		memcpy(line, lines[i], sizeof lines[i]);
		read_line(&r, &command, line);
		assert_int_equal(r.outcome, OPTIONS_OK);
		assert_string_equal(r.v.string, "x");
		assert_int_equal(r.v.texts.n, 2);
		assert_true(text_is(r.v.texts.at[0], "a") &&
		            text_is(r.v.texts.at[1], "b"));
		assert_int_equal(r.v.count, 3);
		assert_int_equal(r.words.list.n, 0);
		reading_clear(&r);
	}
}

static void
each_kind_has_its_value(void **state)
{
	static const char *const line[] = { "--flag",     "--text=",     "--size=64m",
		                            "--call",     "--good",      "--call-flag",
		                            "--old",      "--old=false", "--old-value",
		                            "--whatever", NULL };
	static const char *const other[] = { "--flag", "--flag=false", "--call-flag=two",
		                             NULL };
	struct reading r;

	(void)state;
	read_line(&r, &command, line);
	assert_int_equal(r.outcome, OPTIONS_OK);
	assert_true(r.v.flag);
	assert_null(r.v.text.p); /* as if it were not given */
	assert_int_equal(r.v.text.n, 0);
	assert_int_equal(r.v.size, 64 << 20);
	assert_string_equal(r.v.call, "--good");
	assert_string_equal(r.v.call_flag, "(bare)");
	reading_clear(&r);
	read_line(&r, &command, other);
	assert_false(r.v.flag);
	assert_string_equal(r.v.call_flag, "two");
	reading_clear(&r);
}

static void
words_and_options_may_be_mixed(void **state)
{
	static const struct {
		const char *line[8];
		const char *words; /* each with a blank behind */
		bool flag;
	} cases[] = {
		{ { "a", "-f", "b", NULL }, "a b ", true },
		{ { "-", "--flag", NULL }, "- ", true },
		{ { "--", "-f", "--nosuch", NULL }, "-f --nosuch ", false },
		{ { "a", "--", "--", NULL }, "a -- ", false },
		{ { "", NULL }, " ", false },
		{ { NULL }, "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_buf struct buf words = BUF_INIT;
		struct reading r;

		read_line(&r, &command, cases[i].line);
		assert_int_equal(r.outcome, OPTIONS_OK);
		for (size_t k = 0; k < r.words.list.n; k++)
			buf_print(&words, "%s ", r.words.list.at[k]);
		assert_string_equal(buf_str(&words), cases[i].words);
		assert_int_equal(r.v.flag, cases[i].flag);
		reading_clear(&r);
	}
}

static void
mistakes_are_told_with_what_was_meant(void **state)
{
	static const struct {
		const char *line[4];
		const char *text, *hint;
	} cases[] = {
		{ { "--strnig", "x" },
		  "unknown option --strnig",
		  "did you mean --string?" },
		{ { "--str", "x" }, "unknown option --str", "did you mean --string?" },
		{ { "--nothing-like-it" },
		  "unknown option --nothing-like-it",
		  "see: cooper try --help" },
		{ { "-x" }, "unknown option -x", "see: cooper try --help" },
		{ { "-fx" }, "unknown option -x", "see: cooper try --help" },
		{ { "--=x" }, "unknown option --", "see: cooper try --help" },
		{ { "---flag" }, "unknown option ---flag", "did you mean --flag?" },
		{ { "--string" }, "--string needs a value: TEXT", NULL },
		{ { "-s" }, "--string needs a value: TEXT", NULL },
		{ { "--flag=maybe" }, "--flag maybe: not true or false", NULL },
		{ { "--size", "huge" }, "--size huge: not a size", NULL },
		{ { "--size=" }, "--size \"\": not a size", NULL },
		{ { "--count", "-1" }, "--count -1: not a number", NULL },
		{ { "--count", "1000001" }, "--count 1000001: not a number", NULL },
		{ { "--count", "99999999999999999999" },
		  "--count 99999999999999999999: not a number",
		  NULL },
		{ { "--call", "bad" }, "--call bad: must be good", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct reading r;

		read_line(&r, &command, cases[i].line);
		assert_int_equal(r.outcome, OPTIONS_BAD);
		assert_int_equal(r.err.code, ERR_USAGE);
		assert_string_equal(r.err.text, cases[i].text);
		if (cases[i].hint == NULL)
			assert_null(r.err.hint);
		else
			assert_string_equal(r.err.hint, cases[i].hint);
		reading_clear(&r);
	}
}

static void
a_command_without_options_refuses_all(void **state)
{
	static const char *const bad[] = { "--flag", NULL }, *const help[] = { "x", "-h",
		                                                               NULL };
	struct reading r;

	(void)state;
	read_line(&r, &bare, bad);
	assert_int_equal(r.outcome, OPTIONS_BAD);
	reading_clear(&r);
	read_line(&r, &bare, help);
	assert_int_equal(r.outcome, OPTIONS_HELP);
	reading_clear(&r);
}

static void
help_is_asked_for_before_mistakes(void **state)
{
	static const char *const line[] = { "--help", "--nosuch", NULL };
	struct reading r;

	(void)state;
	read_line(&r, &command, line);
	assert_int_equal(r.outcome, OPTIONS_HELP);
	reading_clear(&r);
}

/* ------------------------------------------------------------ what is printed */

static void
the_help_lists_what_is_not_hidden(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	options_print_help(&command, out);
	fclose(out);
	assert_string_equal(
	        text, "Usage: cooper try [OPTIONS] WORD\n\nTries options.\n\nOptions:\n"
	              "  -f, --flag                      a flag\n"
	              "  -s, --string TEXT               a string\n"
	              "      --text TEXT                 a text\n"
	              "  -t, --texts TEXT                several\n"
	              "      --size SIZE                 a size\n"
	              "  -c, --count N                   a number\n"
	              "      --call good|bad             a function\n"
	              "      --call-flag[=one|two]       maybe a value\n");
	free(text);
}

static void
choices_are_read_from_the_argument(void **state)
{
	static const struct {
		const char *argument, *choices;
	} cases[] = {
		{ NULL, "" },
		{ "FILE", "" },
		{ "a|b|c", "a b c " },
		{ "[=on|off]", "on off " },
		{ "default|ID[=SOCKET]", "" },
		{ "one", "" },
		{ "a-b|c", "a-b c " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct option_row row = { .name = "x", .argument = cases[i].argument };
		auto_buf struct buf got = BUF_INIT;
		const char *choice = NULL;
		size_t n = 0;

		for (size_t k = 0; (choice = option_choice(&row, k, &n)) != NULL; k++)
			buf_print(&got, "%.*s ", (int)n, choice);
		assert_string_equal(buf_str(&got), cases[i].choices);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_written_in_every_usual_way),
		cmocka_unit_test(each_kind_has_its_value),
		cmocka_unit_test(words_and_options_may_be_mixed),
		cmocka_unit_test(mistakes_are_told_with_what_was_meant),
		cmocka_unit_test(a_command_without_options_refuses_all),
		cmocka_unit_test(help_is_asked_for_before_mistakes),
		cmocka_unit_test(the_help_lists_what_is_not_hidden),
		cmocka_unit_test(choices_are_read_from_the_argument),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
