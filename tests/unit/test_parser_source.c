#include "tests/lib/dockerfile_text.h"

#include "parser/dockerfile.h"
#include "parser/source.h"

static void
a_file_without_instructions_or_stages_is_refused(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "7 empty", "", "error: the Dockerfile cannot be empty\n" },
		{ "7 comments", "# a\n\n# b\n",
		  "error 3-3: file with no instructions\n" },
		{ "7 blanks", " \n\t\n", "error 2-2: file with no instructions\n" },
		{ "7 ARG only", "ARG A\n",
		  "error: dockerfile contains no stages to build\n" },
		{ "9 before FROM", "RUN x\nFROM a\n",
		  "error 1-1: no build stage in current context\n" },
		{ "9 ARG before FROM", "ARG A=1 B\nFROM a\n",
		  "1-1 ARG \"A\"=\"1\" \"B\"\n2-2 FROM \"a\"\n" },
		{ "a lone continuation", "FROM a\n\\\n",
		  "error 2-2: dockerfile parse error on line 2: unknown instruction: "
		  "\n" },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
line_ends_marks_and_letter_case_do_not_matter(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "1 mark", "\xEF\xBB\xBF" IN_STAGE("USER a"),
		  STAGE("2-2 USER \"a\"\n") },
		{ "1 mark, directive", "\xEF\xBB\xBF# escape=`\nFROM a\nUSER a`\nb\n",
		  "2-2 FROM \"a\"\n3-4 USER \"ab\"\n" },
		{ "1 mark later on", "FROM a\n\xEF\xBB\xBFUSER a\n",
		  "error 2-2: dockerfile parse error on line 2: unknown instruction: "
		  "\xEF\xBB\xBFUSER\n" },
		{ "2 CRLF", "FROM a\r\nRUN a \\\r\n# c\r\n  b\r\n\r\nUSER x\r\n",
		  STAGE("2-4 RUN \"a   b\"\n6-6 USER \"x\"\n") },
		{ "2 CRLF heredoc", "FROM a\r\nRUN <<E\r\nx\r\nE\r\n",
		  STAGE("2-4 RUN \"<<E\" <<E(expand)\"x\\r\\n\"\n") },
		{ "3 no end", IN_STAGE("USER a"), STAGE("2-2 USER \"a\"\n") },
		{ "4 continued at the end", IN_STAGE("RUN a \\"),
		  STAGE("2-2 RUN \"a\"\n") },
		{ "10 case", "From a\nrUn x\nuser y\n",
		  "1-1 From \"a\"\n2-2 rUn \"x\"\n3-3 user \"y\"\n" },
		{ "19 blanks in front", "  FROM a\n\t \tUSER a\n  # c\n \v\fUSER b\n",
		  STAGE("2-2 USER \"a\"\n4-4 USER \"b\" #\"# c\"\n") },
		{ "19 other blanks", IN_STAGE("\xC2\xA0USER a\xE2\x80\x83\n"),
		  STAGE("2-2 USER \"a\"\n") },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
continued_lines_are_joined_with_nothing_between(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "12", IN_STAGE("RUN a\\\nb\n"), STAGE("2-3 RUN \"ab\"\n") },
		{ "13", IN_STAGE("RUN a \\\n  b\n"), STAGE("2-3 RUN \"a   b\"\n") },
		{ "14", IN_STAGE("RUN a\\ \t \nb\n"), STAGE("2-3 RUN \"ab\"\n") },
		{ "15 two", IN_STAGE("RUN a\\\\\nUSER b\n"),
		  STAGE("2-2 RUN \"a\\\\\\\\\"\n3-3 USER \"b\"\n") },
		{ "15 three", IN_STAGE("RUN a\\\\\\\nUSER b\n"),
		  STAGE("2-2 RUN \"a\\\\\\\\\\\\\"\n3-3 USER \"b\"\n") },
		{ "16", IN_STAGE("RUN a \\\n# x\n  # y \\\n b\n"),
		  STAGE("2-5 RUN \"a  b\"\n") },
		{ "17", IN_STAGE("RUN a \\\n\n b\n"),
		  STAGE("2-4 RUN (blank line inside) \"a  b\"\n") },
		{ "17 swallows what follows", IN_STAGE("RUN a \\\n\nUSER b\n"),
		  STAGE("2-4 RUN (blank line inside) \"a USER b\"\n") },
		{ "18", IN_STAGE("RUN a \\\n \t\n b\n"),
		  STAGE("2-4 RUN (blank line inside) \"a  b\"\n") },
		{ "a comment is not continued", "# a \\\nFROM a\n",
		  "2-2 FROM \"a\" #\"a \\\\\"\n" },
		{ "name alone", IN_STAGE("RUN\\\n a\n"), STAGE("2-3 RUN \"a\"\n") },
		{ "B",
		  IN_STAGE("RUN echo hi \\\n \\\n world \\\n\\\n good\\\n\\\nnight\n"),
		  STAGE("2-8 RUN \"echo hi   world  goodnight\"\n") },
		{ "B LF ends the line", IN_STAGE("COPY\t\n\tquux \\\n  x\n"),
		  "error 2-2: dockerfile parse error on line 2: COPY requires at least "
		  "two "
		  "arguments, but only one was provided. Destination could not be "
		  "determined\n" },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
comments_are_attached_to_the_instruction_below(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "31", "# a one\n#b\nFROM a\n", "3-3 FROM \"a\" #\"a one\" #\"b\"\n" },
		{ "31 blank line", "# a\n\n# b\nFROM a\n",
		  "4-4 FROM \"a\" #\"a\" #\"b\"\n" },
		{ "31 empty comment", "# a\n#\n# b\nFROM a\n",
		  "4-4 FROM \"a\" #\"b\"\n" },
		{ "31 once", "# a\nFROM a\nUSER b\n",
		  "2-2 FROM \"a\" #\"a\"\n3-3 USER \"b\"\n" },
		{ "31 directive", "# escape=`\n# b\nFROM a\n",
		  "3-3 FROM \"a\" #\"b\"\n" },
		{ "31 indented", " # b\nFROM a\n", "2-2 FROM \"a\" #\"# b\"\n" },
		{ "31 inside", IN_STAGE("RUN a \\\n# b\n c\n"),
		  STAGE("2-4 RUN \"a  c\"\n") },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

/* A Dockerfile whose second line has N bytes, its LF included. */
static char *
with_long_line(size_t n)
{
	struct buf text = BUF_INIT;

	buf_add_str(&text, "FROM a\nRUN ");
	for (size_t i = 5; i < n; i++)
		buf_add_char(&text, 'x');
	buf_add_str(&text, "\nUSER a\n");
	return buf_take(&text);
}

static void
physical_lines_are_limited_and_logical_ones_are_not(void **state)
{
	auto_free char *longest = with_long_line(SOURCE_LINE_MAX);
	auto_free char *longer = with_long_line(SOURCE_LINE_MAX + 1);
	auto_buf struct buf joined = BUF_INIT;
	auto_error struct error err = ERROR_INIT;
	struct dockerfile *df;
	char *got;

	(void)state;
	got = dockerfile_text(text_of(longer));
	assert_string_equal(got,
	                    "error 1-1: dockerfile line greater than max allowed size "
	                    "of 65535\n");
	free(got);
	df = dockerfile_parse(text_of(longest), "Dockerfile", &err);
	assert_non_null(df);
	assert_int_equal(df->stages.at[0].instructions.n, 2);
	dockerfile_free(df);
	buf_add_str(&joined, "FROM a\nRUN a");
	for (size_t i = 0; i < 50000; i++)
		buf_add_str(&joined, "bcd\\\n");
	df = dockerfile_parse(buf_text(&joined), "Dockerfile", &err);
	assert_non_null(df);
	assert_int_equal(df->stages.at[0].instructions.at[0].args.at[0].n, 150001);
	assert_int_equal(df->stages.at[0].instructions.at[0].at.last, 50001);
	dockerfile_free(df);
}

static void
the_text_is_copied(void **state)
{
	auto_error struct error err = ERROR_INIT;
	char *text = mem_copy("FROM a AS Xy\n");
	struct dockerfile *df = dockerfile_parse(text_of(text), "Dockerfile", &err);

	(void)state;
	memset(text, 'z', strlen(text));
	free(text);
	assert_non_null(df);
	assert_true(text_is(df->stages.at[0].name, "xy"));
	assert_true(text_is(df->stages.at[0].from->alias, "Xy"));
	assert_true(text_is(df->bytes, "FROM a AS Xy\n"));
	dockerfile_free(df);
	dockerfile_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_without_instructions_or_stages_is_refused),
		cmocka_unit_test(line_ends_marks_and_letter_case_do_not_matter),
		cmocka_unit_test(continued_lines_are_joined_with_nothing_between),
		cmocka_unit_test(comments_are_attached_to_the_instruction_below),
		cmocka_unit_test(physical_lines_are_limited_and_logical_ones_are_not),
		cmocka_unit_test(the_text_is_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
