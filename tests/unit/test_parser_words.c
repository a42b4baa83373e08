#include "tests/lib/dockerfile_text.h"

#define ON_LINE_2 "error 2-2: dockerfile parse error on line 2: "

static void
env_and_label_take_pairs_or_the_legacy_form(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "B", IN_STAGE("ENV name value\n"),
		  STAGE("2-2 ENV legacy \"name\"=\"value\"\n") },
		{ "112", IN_STAGE("ENV k a  b\n"),
		  STAGE("2-2 ENV legacy \"k\"=\"a  b\"\n") },
		{ "B", IN_STAGE("ENV SCUBA 1 DUBA 3\n"),
		  STAGE("2-2 ENV legacy \"SCUBA\"=\"1 DUBA 3\"\n") },
		{ "legacy quotes stay", IN_STAGE("LABEL k \"a=b\"\n"),
		  STAGE("2-2 LABEL legacy \"k\"=\"\\\"a=b\\\"\"\n") },
		{ "B", IN_STAGE("ENV C trailing\\\\backslash\\\\\nUSER a\n"),
		  STAGE("2-2 ENV legacy \"C\"=\"trailing\\\\\\\\backslash\\\\\\\\\"\n"
		        "3-3 USER \"a\"\n") },
		{ "B", IN_STAGE("ENV name=\"a b\" n2='c d' n3=e\\ f\n"),
		  STAGE("2-2 ENV \"name\"=\"\\\"a b\\\"\" \"n2\"=\"'c d'\" "
		        "\"n3\"=\"e\\\\ f\"\n") },
		{ "115", IN_STAGE("ENV a=\"x y\" b=x\\ y\n"),
		  STAGE("2-2 ENV \"a\"=\"\\\"x y\\\"\" \"b\"=\"x\\\\ y\"\n") },
		{ "116", IN_STAGE("ENV a=\n"), STAGE("2-2 ENV \"a\"=\"\"\n") },
		{ "first = counts", IN_STAGE("ENV a=b=c\n"),
		  STAGE("2-2 ENV \"a\"=\"b=c\"\n") },
		{ "escape in quotes", IN_STAGE("ENV a=\"x\\\" y\" b='x\\' c=d\n"),
		  STAGE("2-2 ENV \"a\"=\"\\\"x\\\\\\\" y\\\"\" \"b\"=\"'x\\\\'\" "
		        "\"c\"=\"d\"\n") },
		{ "open quote", IN_STAGE("ENV a=\"x y z\n"),
		  STAGE("2-2 ENV \"a\"=\"\\\"x y z\"\n") },
		{ "101 keys are raw", IN_STAGE("ENV ${X}K=v \"q\"=w\n"),
		  STAGE("2-2 ENV \"${X}K\"=\"v\" \"\\\"q\\\"\"=\"w\"\n") },
		{ "110", IN_STAGE("ENV a=2 b=$a\n"),
		  STAGE("2-2 ENV \"a\"=\"2\" \"b\"=\"$a\"\n") },
		{ "continued", IN_STAGE("LABEL a=1 \\\n  b=2\n"),
		  STAGE("2-3 LABEL \"a\"=\"1\" \"b\"=\"2\"\n") },
		{ "escape at the very end", "# escape=`\nFROM a\nENV a=b`\n",
		  "2-2 FROM \"a\"\n3-3 ENV \"a\"=\"b\"\n" },
		{ "other blanks",
		  IN_STAGE("ENV a=1\xC2\xA0"
		           "b=2\n"),
		  STAGE("2-2 ENV \"a\"=\"1\" \"b\"=\"2\"\n") },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
malformed_pairs_are_refused(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "113", IN_STAGE("ENV a\n"),
		  "error 2-2: ENV must have two arguments\n" },
		{ "113 LABEL", IN_STAGE("label a\n"),
		  "error 2-2: LABEL must have two arguments\n" },
		{ "113 B", IN_STAGE("ENV a=b c\n"),
		  "error 2-2: Syntax error - can't find = in \"c\". Must be of the form: "
		  "name=value\n" },
		{ "quoted", IN_STAGE("LABEL a=b \"c d\"\n"),
		  "error 2-2: Syntax error - can't find = in \"\\\"c d\\\"\". Must be of "
		  "the "
		  "form: name=value\n" },
		{ "114", IN_STAGE("ENV =x\n"), ON_LINE_2 "ENV names can not be blank\n" },
		{ "114 LABEL", IN_STAGE("LABEL a=1 =x\n"),
		  ON_LINE_2 "LABEL names can not be blank\n" },
		{ "114 ARG", IN_STAGE("ARG =x\n"),
		  ON_LINE_2 "ARG names can not be blank\n" },
		{ "none", IN_STAGE("ENV\n"),
		  ON_LINE_2 "ENV requires at least one argument\n" },
		{ "none ARG", IN_STAGE("ARG\n"),
		  ON_LINE_2 "ARG requires at least one argument\n" },
		{ "an earlier class of mistakes", "FROM a\nCOPY x\nENV a\n",
		  "error 3-3: ENV must have two arguments\n" },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
arg_takes_names_with_or_without_values(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "111", IN_STAGE("ARG X=1 Y=$X\n"),
		  STAGE("2-2 ARG \"X\"=\"1\" \"Y\"=\"$X\"\n") },
		{ "102", IN_STAGE("ARG $X=1\n"), STAGE("2-2 ARG \"$X\"=\"1\"\n") },
		{ "value or none", IN_STAGE("ARG A B= C=\"x y\"\n"),
		  STAGE("2-2 ARG \"A\" \"B\"=\"\" \"C\"=\"\\\"x y\\\"\"\n") },
		{ "global", "ARG A=\"b c\"\nFROM $A\n",
		  "1-1 ARG \"A\"=\"\\\"b c\\\"\"\n2-2 FROM \"$A\"\n" },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
plain_words_are_split_at_blanks_whatever_the_quotes(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "COPY", IN_STAGE("COPY \"a b\" c\n"),
		  STAGE("2-2 COPY \"\\\"a\" \"b\\\"\" \"c\"\n") },
		{ "blanks", IN_STAGE("VOLUME /a \t\v\f /b\n"),
		  STAGE("2-2 VOLUME \"/a\" \"/b\"\n") },
		{ "B VOLUME", IN_STAGE("VOLUME [\"/a\", \"/b\"]\n"),
		  STAGE("2-2 VOLUME json \"/a\" \"/b\"\n") },
		{ "B EXPOSE", IN_STAGE("EXPOSE 9000 5000 80/tcp\n"),
		  STAGE("2-2 EXPOSE \"5000\" \"80/tcp\" \"9000\"\n") },
		{ "103", IN_STAGE("EXPOSE \"$PORTS\"\n"),
		  STAGE("2-2 EXPOSE \"\\\"$PORTS\\\"\"\n") },
		{ "one text", IN_STAGE("USER a  b\nWORKDIR /a b\nMAINTAINER x <y>\n"),
		  STAGE("2-2 USER \"a  b\"\n3-3 WORKDIR \"/a b\"\n4-4 MAINTAINER \"x "
		        "<y>\"\n") },
		{ "100 commands",
		  IN_STAGE("RUN \"a  $b\" 'c'\nCMD \"a  $b\" \\'c\n"
		           "ENTRYPOINT \"a  $b\"\n"),
		  STAGE("2-2 RUN \"\\\"a  $b\\\" 'c'\"\n3-3 CMD \"\\\"a  $b\\\" "
		        "\\\\'c\"\n"
		        "4-4 ENTRYPOINT \"\\\"a  $b\\\"\"\n") },
		{ "TAB behind the name", IN_STAGE("USER\ta\n"),
		  STAGE("2-2 USER \"a\"\n") },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(env_and_label_take_pairs_or_the_legacy_form),
		cmocka_unit_test(malformed_pairs_are_refused),
		cmocka_unit_test(arg_takes_names_with_or_without_values),
		cmocka_unit_test(plain_words_are_split_at_blanks_whatever_the_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
