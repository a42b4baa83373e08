#include "tests/lib/dockerfile_text.h"

#define STRINGS_ONLY                                                                     \
	"when using JSON array syntax, arrays must be comprised of strings only\n"

static void
a_valid_array_of_strings_is_a_list(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "42", IN_STAGE("CMD [ \"a\" ,\t\"b\"\t]  \n"),
		  STAGE("2-2 CMD json \"a\" \"b\"\n") },
		{ "42 continued", IN_STAGE("CMD [\"a\", \\\n  \"b\" \\\n]\n"),
		  STAGE("2-4 CMD json \"a\" \"b\"\n") },
		{ "43", IN_STAGE("CMD [\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]\n"),
		  STAGE("2-2 CMD json \"\\\"\\\\/\\b\\f\\n\\r\\t\"\n") },
		{ "43 \\u", IN_STAGE("CMD [\"\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\"]\n"),
		  STAGE("2-2 CMD json \"A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"\n") },
		{ "43 \\u0000", IN_STAGE("CMD [\"a\\u0000b\"]\n"),
		  STAGE("2-2 CMD json \"a\\x00b\"\n") },
		{ "43 half a pair", IN_STAGE("CMD [\"\\uD83Dx\\uDE00\\uD83D\\u0041\"]\n"),
		  STAGE("2-2 CMD json \"\xEF\xBF\xBDx\xEF\xBF\xBD\xEF\xBF\xBD"
		        "A\"\n") },
		{ "43 invalid UTF-8",
		  IN_STAGE("CMD [\"a\xFF"
		           "b\xC3\"]\n"),
		  STAGE("2-2 CMD json \"a\xEF\xBF\xBD"
		        "b\xEF\xBF\xBD\"\n") },
		{ "43 UTF-8", IN_STAGE("CMD [\"\xC3\xA9\"]\n"),
		  STAGE("2-2 CMD json \"\xC3\xA9\"\n") },
		{ "47", IN_STAGE("CMD []\nENTRYPOINT [ ]\n"),
		  STAGE("2-2 CMD json\n3-3 ENTRYPOINT json\n") },
		{ "48", IN_STAGE("RUN []\n"), STAGE("2-2 RUN json\n") },
		{ "49",
		  IN_STAGE("COPY [\"a b\", \"c d\"]\nADD\t\t[ \"a b\", \"/t\" ]\n"
		           "VOLUME [\"a b\"]\n"),
		  STAGE("2-2 COPY json \"a b\" \"c d\"\n3-3 ADD json \"a b\" \"/t\"\n"
		        "4-4 VOLUME json \"a b\"\n") },
		{ "51", IN_STAGE("HEALTHCHECK CMD [\"x\", \"y\"]\n"),
		  STAGE("2-2 HEALTHCHECK json \"CMD\" \"x\" \"y\" test json \"x\" \"y\" "
		        "0/0/0/0 x0\n") },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
what_is_not_json_to_the_last_byte_is_the_shell_form(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "44 single quotes", IN_STAGE("CMD ['a','b']\n"),
		  STAGE("2-2 CMD \"['a','b']\"\n") },
		{ "44 missing bracket", IN_STAGE("CMD [\"a\"\n"),
		  STAGE("2-2 CMD \"[\\\"a\\\"\"\n") },
		{ "44 trailing comma", IN_STAGE("CMD [\"a\",]\n"),
		  STAGE("2-2 CMD \"[\\\"a\\\",]\"\n") },
		{ "44 no string end", IN_STAGE("CMD [\"a]\n"),
		  STAGE("2-2 CMD \"[\\\"a]\"\n") },
		{ "44 wrong escape", IN_STAGE("CMD [\"\\x\"]\n"),
		  STAGE("2-2 CMD \"[\\\"\\\\x\\\"]\"\n") },
		{ "44 short \\u", IN_STAGE("CMD [\"\\u12\"]\n"),
		  STAGE("2-2 CMD \"[\\\"\\\\u12\\\"]\"\n") },
		{ "44 raw TAB", IN_STAGE("CMD [\"a\tb\"]\n"),
		  STAGE("2-2 CMD \"[\\\"a\\tb\\\"]\"\n") },
		{ "44 number cut off", IN_STAGE("CMD [1\n"), STAGE("2-2 CMD \"[1\"\n") },
		{ "45", IN_STAGE("CMD [\"a\"] x\n"),
		  STAGE("2-2 CMD \"[\\\"a\\\"] x\"\n") },
		{ "45 COPY", IN_STAGE("COPY [\"a\", \"b\"] c\n"),
		  STAGE("2-2 COPY \"[\\\"a\\\",\" \"\\\"b\\\"]\" \"c\"\n") },
		{ "not an array", IN_STAGE("CMD \"a\"\n"),
		  STAGE("2-2 CMD \"\\\"a\\\"\"\n") },
		{ "a test", IN_STAGE("RUN [ -f x ]\n"), STAGE("2-2 RUN \"[ -f x ]\"\n") },
		{ "nothing", IN_STAGE("CMD\nRUN\n"), STAGE("2-2 CMD\n3-3 RUN\n") },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
valid_json_of_anything_else_is_refused(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "46", IN_STAGE("CMD [\"a\", 1]\n"), "error 2-2: " STRINGS_ONLY },
		{ "46 list", IN_STAGE("CMD [\"echo\", [\"x\"]]\n"),
		  "error 2-2: " STRINGS_ONLY },
		{ "46 null", IN_STAGE("COPY [null]\n"), "error 2-2: " STRINGS_ONLY },
		{ "46 object", IN_STAGE("VOLUME [{\"a\": []}]\n"),
		  "error 2-2: " STRINGS_ONLY },
		{ "46 large", IN_STAGE("CMD [123456789012345678901234567890]\n"),
		  "error 2-2: " STRINGS_ONLY },
		{ "46 unused stage", "FROM a\nRUN [true]\nFROM b\nUSER x\n",
		  "error 2-2: " STRINGS_ONLY },
		{ "46 before others", "FORM a\nCMD [1]\n", "error 2-2: " STRINGS_ONLY },
		{ "46 trigger", IN_STAGE("ONBUILD CMD [1]\n"),
		  "error 2-2: " STRINGS_ONLY },
		{ "46 no JSON here", IN_STAGE("USER [1]\n"),
		  STAGE("2-2 USER \"[1]\"\n") },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_valid_array_of_strings_is_a_list),
		cmocka_unit_test(what_is_not_json_to_the_last_byte_is_the_shell_form),
		cmocka_unit_test(valid_json_of_anything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
