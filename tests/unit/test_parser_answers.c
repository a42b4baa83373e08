#include <jansson.h>

#include "base/jsonio.h"
#include "parser/plan.h"
#include "parser/subrequests.h"
#include "tests/lib/plan_facts.h"

#define ONE_LINE(n)                                                                      \
	"{\"ranges\":[{\"start\":{\"line\":" #n "},\"end\":{\"line\":" #n "}}]}"

static void
the_outline_lists_what_the_target_can_be_given(void **state)
{
	static const struct plan_row rows[] = {
		{ "427 own", "FROM scratch\nARG a=1 b\n", "outline arg=b=2",
		  "outline arg 2 a \"1\"\noutline arg 2 b \"2\"" },
		{ "427 described", "FROM scratch\n# a is it\n# b too\nARG a=1 b\n",
		  "outline",
		  "outline arg 4 a \"1\" # \"is it\"\noutline arg 4 b \"\" # \"too\"" },
		{ "427 the later one counts", "FROM scratch\nARG a=1\nARG a=2\n",
		  "outline", "outline arg 3 a \"2\"\n!outline arg 2 a \"1\"" },
		{ "427 let in", "# a is it\nARG a=1\nFROM scratch\nARG a\n", "outline",
		  "outline arg 2 a \"1\" # \"is it\"\n!outline arg 4 a \"1\"" },
		{ "427 overridden", "ARG a=1\nFROM scratch\nARG a\n", "outline arg=a=2",
		  "outline arg 3 a \"2\"" },
		{ "427 not used", "ARG a=1\nFROM scratch\n", "outline",
		  "!outline arg 1 a \"1\"" },
		{ "427 in FROM", "ARG v=3 w=1\nFROM alpine:$v\n", "outline",
		  "outline arg 1 v \"3\"\n!outline arg 1 w \"1\"" },
		{ "427 platform", "ARG p=arm64\nFROM --platform=$p alpine\n", "outline",
		  "outline arg 1 p \"arm64\"" },
		{ "427 of defaults", "ARG a=1\nARG b=$a\nARG c=${b}2\nFROM x:$c\n",
		  "outline",
		  "outline arg 1 a \"1\"\noutline arg 2 b \"1\"\noutline arg 3 c "
		  "\"12\"" },
		{ "427 default not used", "ARG a=1\nARG b=$a\nFROM x:$b\n",
		  "outline arg=b=2", "outline arg 2 b \"2\"\n!outline arg 1 a \"1\"" },
		{ "427 predefined", "FROM x:$TARGETARCH\nARG TARGETOS\n", "outline",
		  "!outline arg 2 TARGETOS \"linux\"\n"
		  "!outline arg 1 TARGETARCH \"amd64\"" },
		{ "427 of other stages",
		  "FROM scratch AS a\nARG a=1\nFROM scratch AS b\nARG b=2 a=5\n"
		  "FROM scratch AS c\nARG c=3\nFROM a\nCOPY --from=b / /\nARG d=4\n",
		  "outline",
		  "outline arg 2 a \"1\"\noutline arg 4 b \"2\"\noutline arg 9 d \"4\"\n"
		  "!outline arg 6 c \"3\"\n!outline arg 4 a \"5\"" },
		{ "427 mounts of other stages",
		  "FROM scratch AS m\nARG m=1\nFROM scratch\n"
		  "RUN --mount=from=m,target=/x y\n",
		  "outline", "outline arg 2 m \"1\"" },
		{ "427 triggers", "FROM triggers\n", "outline", "outline arg 1 X \"1\"" },
		{ "428",
		  "FROM scratch AS a\nRUN --mount=type=secret,id=s x\nFROM a\n"
		  "RUN --mount=type=secret,id=s,required --mount=type=ssh y\n"
		  "RUN --mount=type=secret,target=/a/t --mount=type=ssh,id=k,required "
		  "z\n",
		  "outline",
		  "outline secret 4 s required\noutline secret 5 t\n"
		  "outline ssh 4 default\noutline ssh 5 k required\n"
		  "!outline secret 2 s" },
		{ "428 of a stage that is not needed",
		  "FROM scratch AS a\nRUN --mount=type=secret,id=s x\nFROM scratch\n",
		  "outline", "!outline secret 2 s" },
		{ "not asked for", "FROM scratch\nARG a=1\n", NULL,
		  "!outline arg 2 a \"1\"" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

typedef char *print_fn(const struct plan *plan, const struct error *err);

static char *
print_outline(const struct plan *plan, const struct error *err)
{
	(void)err;
	return outline_print_text(plan);
}

static char *
print_outline_json(const struct plan *plan, const struct error *err)
{
	(void)err;
	return outline_print_json(plan);
}

static char *
print_targets(const struct plan *plan, const struct error *err)
{
	(void)err;
	return targets_print_text(plan->df);
}

static char *
print_targets_json(const struct plan *plan, const struct error *err)
{
	(void)err;
	return targets_print_json(plan->df);
}

/* PRINT's answer about TEXT; compact if it is JSON. */
static char *
answer(const char *text, const char *options, print_fn *print)
{
	auto_error struct error err = ERROR_INIT, json_err = ERROR_INIT;
	struct plan_fixture f;
	struct plan *plan;
	char *out;

	plan_fixture_begin(&f, options);
	plan = plan_fixture_make(&f, text_of(text), &err);
	out = print(plan, &err);
	if (out[0] == '{') {
		auto_json json_t *json = jsonio_parse(text_of(out), "answer", &json_err);

		assert_non_null(json);
		free(out);
		out = jsonio_print(json);
	}
	plan_free(plan);
	plan_fixture_end(&f);
	return out;
}

static void
check_answer(const char *text, const char *options, print_fn *print, const char *want)
{
	char *got = answer(text, options, print);

	assert_string_equal(got, want);
	free(got);
}

static void
the_outline_is_printed_as_tables(void **state)
{
	(void)state;
	check_answer("# rel is released\nFROM scratch AS Rel\n# LONG_NAME a name\n"
	             "ARG LONG_NAME=\xC3\xBC a=1\n"
	             "RUN --mount=type=secret,id=se,required --mount=type=ssh x\n",
	             "outline", print_outline,
	             "TARGET:      rel\n"
	             "DESCRIPTION: is released\n"
	             "\n"
	             "BUILD ARG   VALUE   DESCRIPTION\n"
	             "LONG_NAME   \xC3\xBC       a name\n"
	             "a           1       \n"
	             "\n"
	             "SECRET   REQUIRED\n"
	             "se       true\n"
	             "\n"
	             "SSH       REQUIRED\n"
	             "default   \n"
	             "\n");
	check_answer("FROM scratch\n", "outline", print_outline, "");
	check_answer("FROM scratch AS a\n", "outline", print_outline, "TARGET: a\n\n");
}

static void
the_outline_is_printed_as_json(void **state)
{
	(void)state;
	check_answer(
	        "FROM scratch AS a\n# b is it\nARG b=1 c\n"
	        "RUN --mount=type=secret,id=s,required --mount=type=ssh x\n",
	        "outline", print_outline_json,
	        "{\"name\":\"a\",\"args\":["
	        "{\"name\":\"b\",\"description\":\"is it\",\"value\":\"1\","
	        "\"location\":" ONE_LINE(
	                3) "},"
	                   "{\"name\":\"c\",\"location\":" ONE_LINE(
	                           3) "}],"
	                              "\"secrets\":[{\"name\":\"s\",\"required\":true,"
	                              "\"location\":" ONE_LINE(
	                                      4) "}],"
	                                         "\"ssh\":[{\"name\":\"default\","
	                                         "\"location\":" ONE_LINE(
	                                                 4) "}],"
	                                                    "\"sources\":["
	                                                    "\"RlJPTSBzY3JhdGNoIEFTIGEKIy"
	                                                    "BiIGlzIGl0CkFSRyBiPTEgYwp"
	                                                    "SVU4gLS1tb3VudD10eXBlPXNlY3J"
	                                                    "ldCxpZD1zLHJlcXVpcmVkIC0tbW9"
	                                                    "1bnQ9dHlwZ"
	                                                    "T1zc2ggeAo=\"]}");
	check_answer("FROM scratch\n", "outline", print_outline_json,
	             "{\"sources\":[\"RlJPTSBzY3JhdGNoCg==\"]}");
}

static void
targets_are_listed_without_being_looked_at(void **state)
{
	static const char text[] = "# base is below\nFROM $X AS Base\nEXPOSE nonsense\n"
	                           "FROM --platform=$BUILDPLATFORM base\n"
	                           "# end is last\nFROM scratch AS \\\n  end\n";

	(void)state;
	check_answer(text, NULL, print_targets,
	             "TARGET        DESCRIPTION\n"
	             "base          is below\n"
	             "              \n"
	             "end (default) is last\n");
	check_answer("FROM a\n", NULL, print_targets,
	             "TARGET    DESCRIPTION\n"
	             "(default) \n");
	check_answer("FROM --platform=$P $X AS A\nFROM a\n", NULL, print_targets_json,
	             "{\"targets\":[{\"name\":\"a\",\"base\":\"$X\",\"platform\":\"$P\","
	             "\"location\":" ONE_LINE(
	                     1) "},"
	                        "{\"default\":true,\"base\":\"a\",\"location\":" ONE_LINE(
	                                2) "}],"
	                                   "\"sources\":["
	                                   "\"RlJPTSAtLXBsYXRmb3JtPSRQICRYIEFTIEEKRlJPTSB"
	                                   "hCg==\"]"
	                                   "}");
}

static void
checks_are_printed_with_code_frames(void **state)
{
	(void)state;
	check_answer("FROM scratch\n", NULL, check_print_text,
	             "Check complete, no warnings found.\n");
	check_answer("FROM scratch\nMAINTAINER me\n", NULL, check_print_text,
	             "Check complete, 1 warning has been found!\n"
	             "\n"
	             "WARNING: MaintainerDeprecated - "
	             "https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/\n"
	             "Maintainer instruction is deprecated in favor of using label\n"
	             "Dockerfile:2\n"
	             "--------------------\n"
	             "   1 |     FROM scratch\n"
	             "   2 | >>> MAINTAINER me\n"
	             "   3 |     \n"
	             "--------------------\n");
	check_answer("FROM arm AS A\n", NULL, check_print_text,
	             "Check complete, 2 warnings have been found!\n"
	             "\n"
	             "WARNING: StageNameCasing - "
	             "https://docs.docker.com/go/dockerfile/rule/stage-name-casing/\n"
	             "Stage name 'A' should be lowercase\n"
	             "Dockerfile:1\n"
	             "--------------------\n"
	             "   1 | >>> FROM arm AS A\n"
	             "   2 |     \n"
	             "--------------------\n"
	             "\n"
	             "WARNING: InvalidBaseImagePlatform\n"
	             "Base image arm was pulled with platform \"linux/arm64\", expected "
	             "\"linux/amd64\" for current build\n"
	             "Dockerfile:1\n"
	             "--------------------\n"
	             "   1 | >>> FROM arm AS A\n"
	             "   2 |     \n"
	             "--------------------\n");
	/* A mistake without warnings speaks for itself. */
	check_answer("FROM\n", NULL, check_print_text, "");
}

static void
checks_are_printed_as_json(void **state)
{
	(void)state;
	check_answer(
	        "FROM scratch\nENV a \\\n b\n", NULL, check_print_json,
	        "{\"warnings\":[{\"ruleName\":\"LegacyKeyValueFormat\","
	        "\"description\":\"Names and values are joined by an equals sign\","
	        "\"url\":\"https://docs.docker.com/go/dockerfile/rule/"
	        "legacy-key-value-format/\","
	        "\"detail\":\"\\\"ENV key=value\\\" should be used instead of legacy "
	        "\\\"ENV key value\\\" format\","
	        "\"location\":{\"ranges\":[{\"start\":{\"line\":2},\"end\":{\"line\":"
	        "2}},{\"start\":{\"line\":3},\"end\":{\"line\":3}}]}}],"
	        "\"sources\":[{\"filename\":\"Dockerfile\","
	        "\"data\":\"RlJPTSBzY3JhdGNoCkVOViBhIFwKIGIK\","
	        "\"language\":\"Dockerfile\"}]}");
	check_answer(
	        "FROM scratch\nFOO\n", NULL, check_print_json,
	        "{\"warnings\":[],\"sources\":[{\"filename\":\"Dockerfile\","
	        "\"data\":\"RlJPTSBzY3JhdGNoCkZPTwo=\",\"language\":\"Dockerfile\"}],"
	        "\"buildError\":{\"message\":\"dockerfile parse error on line 2: "
	        "unknown instruction: FOO (did you mean FROM?)\","
	        "\"location\":" ONE_LINE(2) "}}");
	check_answer("FROM a\n", "target=b", check_print_json,
	             "{\"warnings\":[],\"sources\":[{\"filename\":\"Dockerfile\","
	             "\"data\":\"RlJPTSBhCg==\",\"language\":\"Dockerfile\"}],"
	             "\"buildError\":{\"message\":\"target stage \\\"b\\\" could not be "
	             "found\",\"location\":null}}");
}

static void
places_of_one_mistake_are_joined(void **state)
{
	(void)state;
	check_answer(
	        "FROM scratch AS a\nCOPY --from=b x y\nFROM scratch AS b\n"
	        "COPY --from=a x y\n",
	        NULL, check_print_json,
	        "{\"warnings\":[],\"sources\":[{\"filename\":\"Dockerfile\",\"data\":"
	        "\"RlJPTSBzY3JhdGNoIEFTIGEKQ09QWSAtLWZyb209YiB4IHkKRlJPTSBzY3JhdGNo"
	        "IEFTIGIKQ09QWSAtLWZyb209YSB4IHkK\",\"language\":\"Dockerfile\"}],"
	        "\"buildError\":{\"message\":\"circular dependency detected on "
	        "stage: a\",\"location\":{\"ranges\":[{\"start\":{\"line\":2},"
	        "\"end\":{\"line\":2}},{\"start\":{\"line\":4},\"end\":{\"line\":4}}]}"
	        "}}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_outline_lists_what_the_target_can_be_given),
		cmocka_unit_test(the_outline_is_printed_as_tables),
		cmocka_unit_test(the_outline_is_printed_as_json),
		cmocka_unit_test(targets_are_listed_without_being_looked_at),
		cmocka_unit_test(checks_are_printed_with_code_frames),
		cmocka_unit_test(checks_are_printed_as_json),
		cmocka_unit_test(places_of_one_mistake_are_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
