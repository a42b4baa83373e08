#include "tests/lib/dockerfile_text.h"

#include "parser/directive.h"
#include "parser/dockerfile.h"

static void
the_escape_directive_changes_the_escape_character(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "20", "# escape=`\nFROM a\nRUN a `\n b\\\nUSER c\n",
		  "2-2 FROM \"a\"\n3-4 RUN \"a  b\\\\\"\n5-5 USER \"c\"\n" },
		{ "21 flags", "# escape=`\nFROM a\nCOPY --chown=a`\"b\\c a b\n",
		  "2-2 FROM \"a\"\n3-3 COPY \"a\" \"b\" --chown=\"a\\\"b\\\\c\"\n" },
		{ "21 words", "# escape=`\nFROM a\nENV a=b` c d=\\ e=f\n",
		  "2-2 FROM \"a\"\n3-3 ENV \"a\"=\"b` c\" \"d\"=\"\\\\\" \"e\"=\"f\"\n" },
		{ "21 not heredocs", "# escape=`\nFROM a\nRUN <<a\\'b\nx\na'b\n",
		  "2-2 FROM \"a\"\n3-5 RUN \"<<a\\\\'b\" <<a'b(expand)\"x\\n\"\n" },
		{ "22", "# escape=x\nFROM a\n",
		  "error 1-1: invalid escape token 'x' does not match ` or \\\n" },
		{ "22 two", "# escape=``\nFROM a\n",
		  "error 1-1: invalid escape token '``' does not match ` or \\\n" },
		{ "22 blank", "# escape= \nFROM a\n",
		  "error 1-1: invalid escape token ' ' does not match ` or \\\n" },
		{ "no value", "# escape=\nFROM a\nUSER a\\\nb\n",
		  "2-2 FROM \"a\" #\"escape=\"\n3-4 USER \"ab\"\n" },
		{ "26", "#EScape = `\nFROM a\nUSER a`\nb\n",
		  "2-2 FROM \"a\"\n3-4 USER \"ab\"\n" },
		{ "26 indented", "  #\tescape\t=\t`  \nFROM a\nUSER a`\nb\n",
		  "2-2 FROM \"a\"\n3-4 USER \"ab\"\n" },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
directives_end_with_the_first_line_that_is_none(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "23 blank line", "\n# escape=`\nFROM a\nUSER a`\n",
		  "3-3 FROM \"a\" #\"escape=`\"\n4-4 USER \"a`\"\n" },
		{ "23 comment", "# x\n# escape=`\nFROM a\nUSER a`\n",
		  "3-3 FROM \"a\" #\"x\" #\"escape=`\"\n4-4 USER \"a`\"\n" },
		{ "23 instruction", "FROM a\n# escape=`\nUSER a`\n",
		  "1-1 FROM \"a\"\n3-3 USER \"a`\" #\"escape=`\"\n" },
		{ "24 unknown", "# foo=bar\n# escape=`\nFROM a\nUSER a`\n",
		  "3-3 FROM \"a\" #\"foo=bar\" #\"escape=`\"\n4-4 USER \"a`\"\n" },
		{ "25", "# escape=`\n# escape=`\nFROM a\n",
		  "error 2-2: only one escape parser directive can be used\n" },
		{ "25 syntax", "# syntax=a\n# Syntax=a\nFROM a\n",
		  "error 2-2: only one syntax parser directive can be used\n" },
		{ "25 after the end",
		  "# escape=`\n# x\n# escape=\\\nFROM a\nUSER a`\nb\n",
		  "4-4 FROM \"a\" #\"x\" #\"escape=\\\\\"\n5-6 USER \"ab\"\n" },
		{ "all three",
		  "# syntax=a\n# check=skip=all\n# escape=`\nFROM a\nUSER a`\nb\n",
		  "4-4 FROM \"a\"\n5-6 USER \"ab\"\n" },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
syntax_and_check_are_found_in_the_raw_text(void **state)
{
	static const struct {
		const char *text, *name, *want;
		int line;
	} rows[] = {
		/* 27 */ { "# syntax=docker/dockerfile:1\nFROM a", "syntax",
		           "docker/dockerfile:1", 1 },
		{ "# SYNTAX = a b c  \n", "syntax", "a b c", 1 },
		{ "# escape=`\r\n#syntax=x\r\n", "syntax", "x", 2 },
		{ " # syntax=x\n", "syntax", NULL, 0 },
		{ "# a\n# syntax=x\n", "syntax", NULL, 0 },
		/* 28 */ { "#!/usr/bin/env x\n# syntax=x\n", "syntax", "x", 2 },
		{ "\xEF\xBB\xBF#!x\n# syntax=x\n", "syntax", "x", 2 },
		/* 29 */ { "// syntax=x\nfoo", "syntax", "x", 1 },
		{ "#!x\n//check=y\n//syntax=x\nfoo", "syntax", "x", 3 },
		{ "{\"syntax\":\"x\", \"a\": \"b\"}", "syntax", "x", 1 },
		{ "{\"syntax\":\"x\", \"a\": 1}", "syntax", NULL, 0 },
		{ "{\"syntax\":1}", "syntax", NULL, 0 },
		{ "[\"syntax\"]", "syntax", NULL, 0 },
		{ "# check=skip=A;error=true\n", "check", "skip=A;error=true", 1 },
		{ "# syntax=a\n# check=error=true\n", "check", "error=true", 2 },
		{ "", "check", NULL, 0 },
		{ "#!x", "check", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_arena struct arena *arena = arena_new();
		struct text value = { 0 };
		struct place at = { 0 };
		int found = directive_find(arena, text_of(rows[i].text), rows[i].name,
		                           &value, &at);

		assert_int_equal(found, rows[i].want != NULL);
		assert_int_equal(at.line, rows[i].line);
		if (rows[i].want != NULL)
			assert_true(text_is(value, rows[i].want));
	}
}

static void
a_dockerfile_carries_its_directives(void **state)
{
	auto_error struct error err = ERROR_INIT;
	struct dockerfile *df =
	        dockerfile_parse(TEXT("# check=skip=all\n# syntax=a/b:1 c\n"
	                              "# escape=`\nFROM a\n"),
	                         "Dockerfile", &err);

	(void)state;
	assert_non_null(df);
	assert_true(text_is(df->syntax, "a/b:1 c"));
	assert_true(text_is(df->check, "skip=all"));
	assert_int_equal(df->syntax_at.line, 2);
	assert_int_equal(df->check_at.line, 1);
	assert_int_equal(df->escape, '`');
	dockerfile_free(df);
	df = dockerfile_parse(TEXT("FROM a\n"), "Dockerfile", &err);
	assert_null(df->syntax.p);
	assert_null(df->check.p);
	assert_int_equal(df->escape, '\\');
	dockerfile_free(df);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_escape_directive_changes_the_escape_character),
		cmocka_unit_test(directives_end_with_the_first_line_that_is_none),
		cmocka_unit_test(syntax_and_check_are_found_in_the_raw_text),
		cmocka_unit_test(a_dockerfile_carries_its_directives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
