#include "parser/dockerfile.h"
#include "tests/lib/dockerfile_text.h"

#define ON_LINE_2 "error 2-2: dockerfile parse error on line 2: "

static void
unknown_instructions_are_refused_with_a_suggestion(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "11", "FORM a\n",
		  "error 1-1: dockerfile parse error on line 1: unknown instruction: "
		  "FORM "
		  "(did you mean FROM?)\n" },
		{ "11 lower case", IN_STAGE("entrypiont a\n"),
		  ON_LINE_2
		  "unknown instruction: entrypiont (did you mean entrypoint?)\n" },
		{ "11 mixed", IN_STAGE("Coppy a\n"),
		  ON_LINE_2 "unknown instruction: Coppy (did you mean COPY?)\n" },
		{ "434 far", IN_STAGE("RUNNING a\n"),
		  ON_LINE_2 "unknown instruction: RUNNING\n" },
		{ "433 range", IN_STAGE("NOSUCH a \\\n b\n"),
		  "error 2-3: dockerfile parse error on line 2: unknown instruction: "
		  "NOSUCH\n" },
		{ "433 no prefix", IN_STAGE("RUN <<E\n"),
		  "error 2-2: unterminated heredoc\n" },
		{ "first mistake wins", IN_STAGE("COPY a\nFOO\n"),
		  ON_LINE_2
		  "COPY requires at least two arguments, but only one was provided. "
		  "Destination could not be determined\n" },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
from_takes_an_image_and_perhaps_a_name(void **state)
{
	static const char bad[] = ", name can't start with a number or contain symbols\n";
	static const struct dockerfile_row rows[] = {
		{ "platform", "FROM --platform=$B a\n",
		  "1-1 FROM \"a\" --platform=\"$B\"\n" },
		{ "name", "FROM a aS B-c_d.1\n", "1-1 FROM \"a\" \"aS\" \"B-c_d.1\"\n" },
		{ "141", "FROM a AS b c\n",
		  "error 1-1: dockerfile parse error on line 1: FROM requires either one "
		  "or "
		  "three arguments\n" },
		{ "141 two", "FROM a b\n",
		  "error 1-1: dockerfile parse error on line 1: FROM requires either one "
		  "or "
		  "three arguments\n" },
		{ "141 no AS", "FROM a is b\n",
		  "error 1-1: dockerfile parse error on line 1: FROM requires either one "
		  "or "
		  "three arguments\n" },
		{ "141 none", "FROM\n",
		  "error 1-1: dockerfile parse error on line 1: FROM requires either one "
		  "or "
		  "three arguments\n" },
		{ "duplicate names", "FROM a AS b\nFROM a AS b\n",
		  "1-1 FROM \"a\" \"AS\" \"b\"\n2-2 FROM \"a\" \"AS\" \"b\"\n" },
	};
	static const char *const names[] = { "1abc", "-a",       "a/b", "a:b",
		                             "a$b",  "\xC3\xA9", ".x" };

	(void)state;
	CHECK_DOCKERFILES(rows);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *text = mem_print("FROM a AS %s\n", names[i]);
		char *want = mem_print("error 1-1: dockerfile parse error on line 1: "
		                       "invalid name for build stage: \"%s\"%s",
		                       names[i], bad);
		struct dockerfile_row row = { "142", text, want };

		check_dockerfiles(&row, 1);
		free(text);
		free(want);
	}
}

static void
stages_have_numbers_and_lower_case_names(void **state)
{
	auto_error struct error err = ERROR_INIT;
	struct dockerfile *df =
	        dockerfile_parse(TEXT("ARG A\nFROM a AS Build\nRUN x\nARG B\n"
	                              "FROM Build\n"),
	                         "Dockerfile", &err);

	(void)state;
	assert_non_null(df);
	assert_int_equal(df->globals.n, 1);
	assert_int_equal(df->stages.n, 2);
	assert_int_equal(df->stages.at[1].index, 1);
	assert_true(text_is(df->stages.at[0].name, "build"));
	assert_null(df->stages.at[1].name.p);
	assert_null(df->stages.at[1].from->alias.p);
	assert_true(text_is(df->stages.at[1].from->image, "Build"));
	assert_int_equal(df->stages.at[0].instructions.n, 2);
	assert_true(text_is(df->stages.at[0].instructions.at[0].line, "RUN x"));
	dockerfile_free(df);
}

static void
mounts_are_taken_apart_and_left_unjudged(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "218 later", IN_STAGE("RUN --mount=type=chace,foo=1,sharing=x a\n"),
		  STAGE("2-2 RUN \"a\" "
		        "--mount=type:\"chace\",foo:\"1\",sharing:\"x\"\n") },
		{ "219", IN_STAGE("RUN --mount=ro,RW,ReadOnly=false,target=/x a\n"),
		  STAGE("2-2 RUN \"a\" "
		        "--mount=ro,rw,readonly:\"false\",target:\"/x\"\n") },
		{ "221", IN_STAGE("RUN --mount='\"target=/a,b\",\"id=q\"\"q\",x=' a\n"),
		  STAGE("2-2 RUN \"a\" --mount=target:\"/a,b\",id:\"q\\\"q\",x:\"\"\n") },
		{ "108 raw", IN_STAGE("RUN --mount=target=$x,type=${t} a\n"),
		  STAGE("2-2 RUN \"a\" --mount=target:\"$x\",type:\"${t}\"\n") },
		{ "109", IN_STAGE("RUN --mount=from=$x,target=/ a\n"),
		  ON_LINE_2
		  "'from' doesn't support variable expansion, define alias stage "
		  "instead\n" },
		{ "109 at the end", IN_STAGE("RUN --mount=from=x$ a\n"),
		  STAGE("2-2 RUN \"a\" --mount=from:\"x$\"\n") },
		{ "empty fields", IN_STAGE("RUN --mount=a,,b, x\n"),
		  STAGE("2-2 RUN \"x\" --mount=a,,b,\n") },
		{ "221 empty", IN_STAGE("RUN --mount= a\n"),
		  ON_LINE_2 "failed to parse csv mounts: EOF\n" },
		{ "221 bare quote", IN_STAGE("RUN --mount='a\"b' x\n"),
		  ON_LINE_2
		  "failed to parse csv mounts: parse error on line 1, column 2: bare "
		  "\" in non-quoted-field\n" },
		{ "221 open quote", IN_STAGE("RUN --mount='\"ab' x\n"),
		  ON_LINE_2
		  "failed to parse csv mounts: parse error on line 1, column 4: "
		  "extraneous or missing \" in quoted-field\n" },
		{ "221 text behind quote", IN_STAGE("RUN --mount='\"ab\"c' x\n"),
		  ON_LINE_2
		  "failed to parse csv mounts: parse error on line 1, column 4: "
		  "extraneous or missing \" in quoted-field\n" },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
run_checks_its_modes(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "191", IN_STAGE("RUN --network=foo a\n"),
		  ON_LINE_2 "invalid network mode \"foo\"\n" },
		{ "191 empty", IN_STAGE("RUN --network= a\n"),
		  ON_LINE_2 "invalid network mode \"\"\n" },
		{ "192", IN_STAGE("RUN --security=x a\n"),
		  ON_LINE_2 "security \"x\" is not valid\n" },
		{ "191 host", IN_STAGE("RUN --network=host --security=insecure a\n"),
		  STAGE("2-2 RUN \"a\" --network=\"host\" --security=\"insecure\"\n") },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
shell_and_volume_check_their_arguments(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "226", IN_STAGE("SHELL /bin/sh -c\n"),
		  ON_LINE_2 "SHELL requires the arguments to be in JSON form\n" },
		{ "226 empty", IN_STAGE("SHELL\n"),
		  ON_LINE_2 "SHELL requires at least one argument\n" },
		{ "226 []", IN_STAGE("SHELL []\n"),
		  ON_LINE_2 "SHELL requires at least one argument\n" },
		{ "227", IN_STAGE("SHELL [\"/bin/x\", \"-c\"]\n"),
		  STAGE("2-2 SHELL json \"/bin/x\" \"-c\"\n") },
		{ "235", IN_STAGE("VOLUME [\"/a\", \" \"]\n"),
		  ON_LINE_2 "VOLUME specified can not be an empty string\n" },
		{ "235 none", IN_STAGE("VOLUME []\n"),
		  ON_LINE_2 "VOLUME requires at least one argument\n" },
		{ "EXPOSE", IN_STAGE("EXPOSE\n"),
		  ON_LINE_2 "EXPOSE requires at least one argument\n" },
		{ "241", IN_STAGE("USER\n"),
		  ON_LINE_2 "USER requires exactly one argument\n" },
		{ "WORKDIR", IN_STAGE("WORKDIR\n"),
		  ON_LINE_2 "WORKDIR requires exactly one argument\n" },
		{ "STOPSIGNAL", IN_STAGE("STOPSIGNAL\n"),
		  ON_LINE_2 "STOPSIGNAL requires exactly one argument\n" },
		{ "MAINTAINER", IN_STAGE("MAINTAINER\n"),
		  ON_LINE_2 "MAINTAINER requires exactly one argument\n" },
		{ "ADD", IN_STAGE("ADD [\"a\"]\n"),
		  ON_LINE_2
		  "ADD requires at least two arguments, but only one was provided. "
		  "Destination could not be determined\n" },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
healthcheck_reads_durations_and_checks_its_type(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "228",
		  IN_STAGE("HEALTHCHECK --interval=1m30s --timeout=1.5s --start-period=0 "
		           "--start-interval=1ms --retries=3 CMD curl  x\n"),
		  STAGE("2-2 HEALTHCHECK \"CMD\" \"curl  x\" test \"curl  x\" "
		        "90000000000/1500000000/0/1000000 x3\n") },
		{ "228 case", IN_STAGE("HEALTHCHECK cmd x\n"),
		  STAGE("2-2 HEALTHCHECK \"cmd\" \"x\" test \"x\" 0/0/0/0 x0\n") },
		{ "229 none", IN_STAGE("HEALTHCHECK none\n"),
		  STAGE("2-2 HEALTHCHECK \"none\" none 0/0/0/0 x0\n") },
		{ "229 NONE x", IN_STAGE("HEALTHCHECK NONE x\n"),
		  ON_LINE_2 "HEALTHCHECK NONE takes no arguments\n" },
		{ "229 B type", IN_STAGE("HEALTHCHECK CONNECT TCP 7000\n"),
		  ON_LINE_2 "Unknown type \"CONNECT\" in HEALTHCHECK (try CMD)\n" },
		{ "229 type in lower case", IN_STAGE("HEALTHCHECK foo\n"),
		  ON_LINE_2 "Unknown type \"FOO\" in HEALTHCHECK (try CMD)\n" },
		{ "229 missing", IN_STAGE("HEALTHCHECK CMD\n"),
		  ON_LINE_2 "Missing command after HEALTHCHECK CMD\n" },
		{ "229 []", IN_STAGE("HEALTHCHECK CMD []\n"),
		  ON_LINE_2 "Missing command after HEALTHCHECK CMD\n" },
		{ "229 nothing", IN_STAGE("HEALTHCHECK\n"),
		  ON_LINE_2 "HEALTHCHECK requires at least one argument\n" },
		{ "230", IN_STAGE("HEALTHCHECK --interval=50ns CMD x\n"),
		  ON_LINE_2 "Interval \"interval\" cannot be less than 1ms\n" },
		{ "230 negative", IN_STAGE("HEALTHCHECK --start-period=-1s CMD x\n"),
		  ON_LINE_2 "Interval \"start-period\" cannot be less than 1ms\n" },
		{ "230 unit", IN_STAGE("HEALTHCHECK --timeout=5 CMD x\n"),
		  ON_LINE_2 "time: missing unit in duration \"5\"\n" },
		{ "230 wrong unit", IN_STAGE("HEALTHCHECK --timeout=1s5q CMD x\n"),
		  ON_LINE_2 "time: unknown unit \"q\" in duration \"1s5q\"\n" },
		{ "230 no duration", IN_STAGE("HEALTHCHECK --timeout=x CMD x\n"),
		  ON_LINE_2 "time: invalid duration \"x\"\n" },
		{ "231", IN_STAGE("HEALTHCHECK --retries=-1 CMD x\n"),
		  ON_LINE_2 "--retries cannot be negative (-1)\n" },
		{ "231 no number", IN_STAGE("HEALTHCHECK --retries=x CMD x\n"),
		  ON_LINE_2 "strconv.ParseInt: parsing \"x\": invalid syntax\n" },
		{ "231 large", IN_STAGE("HEALTHCHECK --retries=3000000000 CMD x\n"),
		  ON_LINE_2
		  "strconv.ParseInt: parsing \"3000000000\": value out of range\n" },
		{ "434", IN_STAGE("HEALTHCHECK --retrys=1 CMD x\n"),
		  ON_LINE_2 "unknown flag: --retrys (did you mean retries?)\n" },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
onbuild_keeps_the_text_of_its_trigger(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "B", IN_STAGE("ONBUILD RUN [\"x\"]\n"),
		  STAGE("2-2 ONBUILD \"RUN\" trigger=\"RUN [\\\"x\\\"]\"\n") },
		{ "blanks", IN_STAGE("onbuild \t run  a \\\n  b\n"),
		  STAGE("2-3 onbuild \"run\" trigger=\"run  a   b\"\n") },
		{ "flags of the inner one", IN_STAGE("ONBUILD COPY --from=x a b\n"),
		  STAGE("2-2 ONBUILD \"COPY\" trigger=\"COPY --from=x a b\"\n") },
		{ "168", IN_STAGE("ONBUILD ONBUILD RUN x\n"),
		  ON_LINE_2 "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed\n" },
		{ "168 FROM", IN_STAGE("ONBUILD from x\n"),
		  ON_LINE_2 "FROM isn't allowed as an ONBUILD trigger\n" },
		{ "168 MAINTAINER", IN_STAGE("ONBUILD MAINTAINER x\n"),
		  ON_LINE_2 "MAINTAINER isn't allowed as an ONBUILD trigger\n" },
		{ "169", IN_STAGE("ONBUILD FOO x\n"),
		  STAGE("2-2 ONBUILD \"FOO\" trigger=\"FOO x\"\n") },
		{ "169 writing is checked", IN_STAGE("ONBUILD ENV a\n"),
		  "error 2-2: ENV must have two arguments\n" },
		{ "169 meaning is not", IN_STAGE("ONBUILD COPY --nosuch a\n"),
		  STAGE("2-2 ONBUILD \"COPY\" trigger=\"COPY --nosuch a\"\n") },
		{ "nothing", IN_STAGE("ONBUILD\n"),
		  ON_LINE_2 "ONBUILD requires at least one argument\n" },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
a_trigger_is_read_as_one_instruction_at_a_given_place(void **state)
{
	static const struct {
		const char *trigger, *want;
	} rows[] = {
		{ "RUN <<A\nx\nA", "7-9 RUN \"<<A\" <<A(expand)\"x\\n\"\n" },
		{ "COPY --from=x a b", "7-9 COPY \"a\" \"b\" --from=\"x\"\n" },
		{ "NOSUCH x", "error 7-9: unknown instruction: NOSUCH\n" },
		{ "COPY x",
		  "error 7-9: COPY requires at least two arguments, but only one was "
		  "provided. Destination could not be determined\n" },
		{ "RUN a\nRUN b",
		  "error 7-9: onbuild trigger should be a single expression\n" },
		{ "", "error 7-9: onbuild trigger should be a single expression\n" },
		{ "RUN <<A\n", "error 7-9: unterminated heredoc\n" },
		{ "FROM x", "error 7-9: FROM isn't allowed as an ONBUILD trigger\n" },
	};
	auto_error struct error err = ERROR_INIT;
	struct place place = { .line = 7, .last = 9 };
	struct dockerfile *df = dockerfile_parse(TEXT("FROM a\n"), "Dockerfile", &err);

	(void)state;
	assert_non_null(df);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_buf struct buf out = BUF_INIT;
		char *trigger = mem_copy(rows[i].trigger);
		struct instruction in;

		if (dockerfile_parse_trigger(df, text_of(trigger), place, &in, &err) <
		    0) {
			assert_string_equal(err.file, "Dockerfile");
			text_add_error(&out, &err);
			error_clear(&err);
			free(trigger);
		} else {
			free(trigger);
			text_add_instruction(&out, &in);
		}
		assert_string_equal(buf_str(&out), rows[i].want);
	}
	dockerfile_free(df);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_instructions_are_refused_with_a_suggestion),
		cmocka_unit_test(from_takes_an_image_and_perhaps_a_name),
		cmocka_unit_test(stages_have_numbers_and_lower_case_names),
		cmocka_unit_test(mounts_are_taken_apart_and_left_unjudged),
		cmocka_unit_test(run_checks_its_modes),
		cmocka_unit_test(shell_and_volume_check_their_arguments),
		cmocka_unit_test(healthcheck_reads_durations_and_checks_its_type),
		cmocka_unit_test(onbuild_keeps_the_text_of_its_trigger),
		cmocka_unit_test(a_trigger_is_read_as_one_instruction_at_a_given_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
