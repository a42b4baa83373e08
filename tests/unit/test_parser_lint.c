#include "parser/plan.h"
#include "tests/lib/plan_facts.h"

#define FROM "FROM scratch\n"

/* Every rule with what makes it speak and what does not. */
struct lint_case {
	const char *rule;
	const char *dockerfile;
	const char *options;
	const char *want; /* "LINE: text" of the rule's only warning; NULL: none */
};

static char *
warnings_of(const struct lint_case *c)
{
	char *facts = plan_facts(text_of(c->dockerfile), c->options);
	struct text rest = text_of(facts), line;
	auto_buf struct buf out = BUF_INIT, prefix = BUF_INIT;

	buf_print(&prefix, "warning %s ", c->rule);
	while (text_line(&rest, &line)) {
		if (!text_starts(line, buf_str(&prefix)))
			continue;
		buf_add_text(&out, text_from(line, prefix.n));
		buf_add_char(&out, '\n');
	}
	free(facts);
	if (out.n > 0)
		buf_truncate(&out, out.n - 1);
	return buf_take(&out);
}

static void
check_lint(const struct lint_case *cases, size_t n)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		char *got = warnings_of(&cases[i]);

		if (strcmp(got, cases[i].want == NULL ? "" : cases[i].want) != 0) {
			print_error("%s\n%s  got  %s\n  want %s\n", cases[i].rule,
			            cases[i].dockerfile, got,
			            cases[i].want == NULL ? "nothing" : cases[i].want);
			wrong++;
		}
		free(got);
	}
	assert_int_equal(wrong, 0);
}

#define CHECK_LINT(cases) check_lint(cases, sizeof(cases) / sizeof *(cases))

static void
names_of_stages_are_lower_case_unique_and_not_reserved(void **state)
{
	static const char casing[] = "StageNameCasing";
	static const char duplicate[] = "DuplicateStageName";
	static const char reserved[] = "ReservedStageName";
	static const struct lint_case cases[] = {
		{ casing, "FROM scratch AS Build\n", NULL,
		  "1: Stage name 'Build' should be lowercase" },
		{ casing, "FROM scratch AS build-1_x.y\n", NULL, NULL },
		{ casing, "FROM nosuch AS Build\nFROM scratch\n", NULL,
		  "1: Stage name 'Build' should be lowercase" },
		{ duplicate, "FROM scratch AS b\nFROM scratch AS B\n", NULL,
		  "2: Duplicate stage name \"b\", stage names should be unique" },
		{ duplicate, "FROM scratch AS a\nFROM scratch AS b\nFROM scratch\n", NULL,
		  NULL },
		{ reserved, "FROM scratch AS scratch\n", NULL,
		  "1: Stage name should not use the same name as reserved stage "
		  "\"scratch\"" },
		{ reserved, "FROM scratch AS Context\n", NULL,
		  "1: Stage name should not use the same name as reserved stage "
		  "\"context\"" },
		{ reserved, "FROM scratch AS contexts\n", NULL, NULL },
	};

	(void)state;
	CHECK_LINT(cases);
}

static void
keywords_are_written_in_one_case(void **state)
{
	static const char as[] = "FromAsCasing";
	static const char all[] = "ConsistentInstructionCasing";
	static const struct lint_case cases[] = {
		{ as, "FROM scratch as a\n", NULL,
		  "1: 'as' and 'FROM' keywords' casing do not match" },
		{ as, "from scratch AS a\n", NULL,
		  "1: 'AS' and 'from' keywords' casing do not match" },
		{ as, "FROM scratch As a\n", NULL,
		  "1: 'As' and 'FROM' keywords' casing do not match" },
		{ as, "from scratch as a\n", NULL, NULL },
		{ as, "FROM scratch AS a\n", NULL, NULL },
		{ as, "From scratch as a\n", NULL, NULL },
		{ all, "FROM scratch\nRUN a\nrun b\n", NULL,
		  "3: Command 'run' should match the case of the command majority "
		  "(uppercase)" },
		{ all, "from scratch\nrun a\nRUN b\n", NULL,
		  "3: Command 'RUN' should match the case of the command majority "
		  "(lowercase)" },
		{ all, "FROM scratch\nrun b\n", NULL,
		  "2: Command 'run' should match the case of the command majority "
		  "(uppercase)" },
		{ all, "FROM scratch\nRun b\n", NULL,
		  "2: Command 'Run' should match the case of the command majority "
		  "(uppercase)" },
		{ all, "From scratch\n", NULL,
		  "1: Command 'From' should match the case of the command majority "
		  "(uppercase)" },
		{ all, "arg A\nFROM scratch\nRUN a\n", NULL, NULL },
		{ all, "from scratch\nrun a\n", NULL, NULL },
		{ all, "FROM nosuch AS x\nrun a\nRUN b\nFROM scratch\n", NULL,
		  "2: Command 'run' should match the case of the command majority "
		  "(uppercase)" },
	};

	(void)state;
	CHECK_LINT(cases);
}

static void
the_writing_of_instructions_is_judged(void **state)
{
	static const char blank[] = "NoEmptyContinuation";
	static const char maintainer[] = "MaintainerDeprecated";
	static const char legacy[] = "LegacyKeyValueFormat";
	static const struct lint_case cases[] = {
		{ blank, FROM "RUN a \\\n\n b\n", NULL, "4: Empty continuation line" },
		{ blank, FROM "RUN a \\\n# c\n b\n", NULL, NULL },
		{ blank, "FROM \\\n\n scratch\n", NULL, "3: Empty continuation line" },
		{ maintainer, FROM "MAINTAINER me\n", NULL,
		  "2: Maintainer instruction is deprecated in favor of using label" },
		{ maintainer, FROM "LABEL maintainer=me\n", NULL, NULL },
		{ legacy, FROM "ENV a b\n", NULL,
		  "2: \"ENV key=value\" should be used instead of legacy \"ENV key "
		  "value\" format" },
		{ legacy, FROM "LABEL a b=c\n", NULL,
		  "2: \"LABEL key=value\" should be used instead of legacy \"LABEL key "
		  "value\" format" },
		{ legacy, FROM "ENV a=b\nLABEL c=d\n", NULL, NULL },
		{ legacy, FROM "ENV a b\nFROM scratch\nLABEL a b\n", NULL,
		  "4: \"LABEL key=value\" should be used instead of legacy \"LABEL key "
		  "value\" format" },
	};

	(void)state;
	CHECK_LINT(cases);
}

static void
variables_are_defined_before_they_are_used(void **state)
{
	static const char from[] = "UndefinedArgInFrom";
	static const char var[] = "UndefinedVar";
	static const char bad[] = "InvalidDefaultArgInFrom";
	static const struct lint_case cases[] = {
		{ from, "FROM scratch$x\n", NULL,
		  "1: FROM argument 'x' is not declared" },
		{ from, "ARG TAG=1\nFROM a:1${TAGG}\n", NULL,
		  "2: FROM argument 'TAGG' is not declared (did you mean TAG?)" },
		{ from, "FROM --platform=$BULIDPLATFORM alpine\n", NULL,
		  "1: FROM argument 'BULIDPLATFORM' is not declared (did you mean "
		  "BUILDPLATFORM?)" },
		{ from, "ARG x\nFROM alpine$x\n", NULL, NULL },
		{ from, "FROM --platform=$BUILDPLATFORM alpine\n", NULL, NULL },
		{ from, "FROM a:${x:-3}\n", NULL,
		  "1: FROM argument 'x' is not declared" },
		{ var, FROM "COPY $foo .\n", NULL,
		  "2: Usage of undefined variable '$foo'" },
		{ var, FROM "ENV DIR=/a\nWORKDIR /$DRI\n", NULL,
		  "3: Usage of undefined variable '$DRI' (did you mean $DIR?)" },
		{ var, FROM "ENV a=${x:-d}\n", NULL,
		  "2: Usage of undefined variable '$x'" },
		{ var, FROM "ENV a=$x$x\n", NULL, "2: Usage of undefined variable '$x'" },
		{ var, FROM "COPY <<E /f\n$x\nE\n", NULL,
		  "2: Usage of undefined variable '$x'" },
		{ var, FROM "EXPOSE $x\n", NULL, "2: Usage of undefined variable '$x'" },
		{ var, FROM "RUN --mount=target=/$x a\n", NULL,
		  "2: Usage of undefined variable '$x'" },
		{ var, FROM "COPY <<\"E\" /f\n$x\nE\n", NULL, NULL },
		{ var, FROM "ARG foo\nCOPY a$foo .\n", NULL, NULL },
		{ var, FROM "RUN echo $foo\nCMD $foo\n", NULL, NULL },
		{ var, FROM "ENV foo=1\nENV a=$foo\n", NULL, NULL },
		{ var, "FROM full\nENV a=$A\n", NULL, NULL },
		{ var, "FROM scratch AS a\nARG foo=1\nFROM a\nENV b=$foo\n", NULL, NULL },
		{ var, "ARG foo=1\nFROM scratch\nENV b=$foo\n", NULL,
		  "3: Usage of undefined variable '$foo'" },
		{ bad, "ARG V\nFROM a:$V\n", "arg=V=1",
		  "2: Default value for ARG a:$V results in empty or invalid base image "
		  "name" },
		{ bad, "ARG I\nFROM $I\n", "arg=I=alpine",
		  "2: Default value for ARG $I results in empty or invalid base image "
		  "name" },
		{ bad, "ARG I=alpine\nFROM $I\n", "arg=I=debian", NULL },
		{ bad, "ARG V\nFROM a${V:+:}$V\n", "arg=V=1", NULL },
		{ bad, "FROM nosuch AS X\nFROM scratch\n", NULL, NULL },
		{ bad, "FROM scratch AS Base\nFROM Base\n", NULL,
		  "2: Default value for ARG Base results in empty or invalid base image "
		  "name" },
	};

	(void)state;
	CHECK_LINT(cases);
}

static void
platforms_of_from_are_judged(void **state)
{
	static const char base[] = "InvalidBaseImagePlatform";
	static const char redundant[] = "RedundantTargetPlatform";
	static const char constant[] = "FromPlatformFlagConstDisallowed";
	static const struct lint_case cases[] = {
		{ base, "FROM arm\n", NULL,
		  "1: Base image arm was pulled with platform \"linux/arm64\", expected "
		  "\"linux/amd64\" for current build" },
		{ base, "FROM --platform=linux/arm64 arm\n", NULL, NULL },
		{ base, "FROM alpine\n", NULL, NULL },
		{ base, "FROM arm\n", "platform=linux/arm64", NULL },
		{ redundant, "FROM --platform=$TARGETPLATFORM alpine\n", NULL,
		  "1: Setting platform to predefined $TARGETPLATFORM in FROM is "
		  "redundant "
		  "as this is the default behavior" },
		{ redundant, "FROM --platform=${TARGETPLATFORM} alpine\n", NULL,
		  "1: Setting platform to predefined ${TARGETPLATFORM} in FROM is "
		  "redundant as this is the default behavior" },
		{ redundant, "FROM --platform=$BUILDPLATFORM alpine\n", NULL, NULL },
		{ redundant, "FROM --platform=${TARGETPLATFORM}/x alpine\n",
		  "platform=linux/arm", NULL },
		{ constant, "FROM --platform=linux/amd64 alpine\n", NULL,
		  "1: FROM --platform flag should not use constant value "
		  "\"linux/amd64\"" },
		{ constant, "FROM --platform=linux/amd64 alpine AS build_amd64\n", NULL,
		  NULL },
		{ constant, "FROM --platform=linux/amd64 alpine AS linux\n", NULL, NULL },
		{ constant, "FROM --platform=linux/amd64 alpine AS arm\n", NULL,
		  "1: FROM --platform flag should not use constant value "
		  "\"linux/amd64\"" },
		{ constant, "ARG P=linux/amd64\nFROM --platform=$P alpine\n", NULL,
		  NULL },
	};

	(void)state;
	CHECK_LINT(cases);
}

static void
commands_should_be_json_and_stand_once(void **state)
{
	static const char json[] = "JSONArgsRecommended";
	static const char many[] = "MultipleInstructionsDisallowed";
	static const char cmd[] =
	        "2: Multiple CMD instructions should not be used in the "
	        "same stage because only the last one will be used";
	static const struct lint_case cases[] = {
		{ json, FROM "CMD a\n", NULL,
		  "2: JSON arguments recommended for CMD to prevent unintended behavior "
		  "related to OS signals" },
		{ json, FROM "ENTRYPOINT a\n", NULL,
		  "2: JSON arguments recommended for ENTRYPOINT to prevent unintended "
		  "behavior related to OS signals" },
		{ json, FROM "CMD [\"a\"]\nENTRYPOINT []\n", NULL, NULL },
		{ json, FROM "SHELL [\"s\"]\nCMD a\n", NULL, NULL },
		{ json, "FROM scratch AS a\nSHELL [\"s\"]\nFROM a\nCMD a\n", NULL, NULL },
		{ json, "FROM shelled\nCMD a\n", NULL, NULL },
		{ json, FROM "CMD a\nSHELL [\"s\"]\n", NULL,
		  "2: JSON arguments recommended for CMD to prevent unintended behavior "
		  "related to OS signals" },
		{ json, FROM "RUN a\nHEALTHCHECK CMD a\n", NULL, NULL },
		{ many, FROM "CMD [\"a\"]\nCMD [\"b\"]\n", NULL, cmd },
		{ many, FROM "ENTRYPOINT [\"a\"]\nRUN x\nENTRYPOINT [\"b\"]\n", NULL,
		  "2: Multiple ENTRYPOINT instructions should not be used in the same "
		  "stage because only the last one will be used" },
		{ many, FROM "HEALTHCHECK NONE\nHEALTHCHECK CMD b\n", NULL,
		  "2: Multiple HEALTHCHECK instructions should not be used in the same "
		  "stage because only the last one will be used" },
		{ many, "FROM scratch AS a\nCMD [\"a\"]\nFROM a\nCMD [\"b\"]\n", NULL,
		  NULL },
		{ many, FROM "CMD [\"a\"]\nENTRYPOINT [\"b\"]\n", NULL, NULL },
	};

	(void)state;
	CHECK_LINT(cases);
}

static void
paths_and_ports_are_judged(void **state)
{
	static const char workdir[] = "WorkdirRelativePath";
	static const char proto[] = "ExposeProtoCasing";
	static const char format[] = "ExposeInvalidFormat";
	static const struct lint_case cases[] = {
		{ workdir, "FROM full\nWORKDIR app\n", NULL,
		  "2: Relative workdir \"app\" can have unexpected results if the base "
		  "image changes" },
		{ workdir, FROM "WORKDIR app\nWORKDIR app\n", NULL,
		  "2: Relative workdir \"app\" can have unexpected results if the base "
		  "image changes" },
		{ workdir, FROM "WORKDIR /a\nWORKDIR b\n", NULL, NULL },
		{ workdir, "FROM scratch AS a\nWORKDIR /a\nFROM a\nWORKDIR b\n", NULL,
		  NULL },
		{ proto, FROM "EXPOSE 80/TCP\n", NULL,
		  "2: Defined protocol '80/TCP' in EXPOSE instruction should be "
		  "lowercase" },
		{ proto, FROM "EXPOSE 80/tcp 81\n", NULL, NULL },
		{ format, FROM "EXPOSE 80:80\n", NULL,
		  "2: EXPOSE instruction should not define an IP address or host-port "
		  "mapping, found '80:80'" },
		{ format, FROM "EXPOSE 127.0.0.1:80:80\n", NULL,
		  "2: EXPOSE instruction should not define an IP address or host-port "
		  "mapping, found '127.0.0.1:80:80'" },
		{ format, FROM "EXPOSE 80-90/udp\n", NULL, NULL },
	};

	(void)state;
	CHECK_LINT(cases);
}

static void
names_of_secrets_are_found(void **state)
{
	static const char secret[] = "SecretsUsedInArgOrEnv";
	static const struct lint_case cases[] = {
		{ secret, FROM "ARG API_TOKEN\n", NULL,
		  "2: Do not use ARG or ENV instructions for sensitive data (ARG "
		  "\"API_TOKEN\")" },
		{ secret, FROM "ENV password=1\n", NULL,
		  "2: Do not use ARG or ENV instructions for sensitive data (ENV "
		  "\"password\")" },
		{ secret, FROM "ENV x_Secret_y=1\n", NULL,
		  "2: Do not use ARG or ENV instructions for sensitive data (ENV "
		  "\"x_Secret_y\")" },
		{ secret, FROM "ENV APIKEY=1 MY_CREDENTIALS=2\n", NULL,
		  "2: Do not use ARG or ENV instructions for sensitive data (ENV "
		  "\"APIKEY\")\n"
		  "2: Do not use ARG or ENV instructions for sensitive data (ENV "
		  "\"MY_CREDENTIALS\")" },
		{ secret, FROM "ENV keyboard=1 tokens=2 MYKEY=3 auther=4\n", NULL, NULL },
		{ secret, FROM "ENV PUBLIC_KEY=1 KEY_FILE=2 TOKEN_VERSION=3\n", NULL,
		  NULL },
		{ secret, "ARG TOKEN\nFROM scratch\n", NULL, NULL },
		{ secret, FROM "LABEL token=1\n", NULL, NULL },
	};

	(void)state;
	CHECK_LINT(cases);
}

static void
files_that_are_copied_are_not_ignored(void **state)
{
	static const char copy[] = "CopyIgnoredFile";
	static const struct lint_case cases[] = {
		{ copy, FROM "COPY a /x\n", "ignore=a",
		  "2: Attempting to Copy file \"a\" that is excluded by .dockerignore" },
		{ copy, FROM "ADD ./d/f /x\n", "ignore=d",
		  "2: Attempting to Add file \"d/f\" that is excluded by .dockerignore" },
		{ copy, FROM "COPY b /x\n", "ignore=a", NULL },
		{ copy, FROM "COPY a /x\n", NULL, NULL },
		{ copy, FROM "COPY a /x\n", "ignore=a,!b", NULL },
		{ copy, FROM "COPY . /x\n", "ignore=*",
		  "2: Attempting to Copy file \".\" that is excluded by .dockerignore" },
		{ copy, FROM "COPY . /x\n", "ignore=**/*",
		  "2: Attempting to Copy file \".\" that is excluded by .dockerignore" },
		{ copy, FROM "COPY . /x\n", "ignore=a,b", NULL },
		{ copy, FROM "COPY <<a /x\na\n", "ignore=a", NULL },
		{ copy, "FROM scratch AS s\nFROM scratch\nCOPY --from=s a /x\n",
		  "ignore=a", NULL },
		{ copy, FROM "ADD http://h/a /x\n", "ignore=*", NULL },
	};

	(void)state;
	CHECK_LINT(cases);
}

#define EXPERIMENTAL "# check=experimental=all\n"

static void
comments_describe_what_is_defined(void **state)
{
	static const char rule[] = "InvalidDefinitionDescription";
	static const struct lint_case cases[] = {
		{ rule, "# wrong\nARG foo\nFROM scratch\n", NULL, NULL },
		{ rule, EXPERIMENTAL "# wrong\nARG foo\nFROM scratch\n", NULL,
		  "3: Comment for ARG should follow the format: `# foo <description>`" },
		{ rule, EXPERIMENTAL "# foo is it\nARG foo\nFROM scratch\n", NULL, NULL },
		{ rule, EXPERIMENTAL "# x\nARG foo bar\nFROM scratch\n", NULL,
		  "3: Comment for ARG should follow the format: `# <arg_key> "
		  "<description>`" },
		{ rule, EXPERIMENTAL "# bar is it\nARG foo bar\nFROM scratch\n", NULL,
		  NULL },
		{ rule, EXPERIMENTAL "# x\nFROM scratch AS Foo\n", NULL,
		  "3: Comment for FROM should follow the format: `# foo "
		  "<description>`" },
		{ rule, EXPERIMENTAL "# foo is it\nFROM scratch AS Foo\n", NULL, NULL },
		{ rule, EXPERIMENTAL "# x\nFROM scratch\n", NULL, NULL },
		{ rule, EXPERIMENTAL "# x\n#\nARG foo\nFROM scratch\n", NULL, NULL },
		{ rule, EXPERIMENTAL "# x\n# foo is it\nARG foo\nFROM scratch\n", NULL,
		  NULL },
		{ rule, EXPERIMENTAL "FROM scratch\n# x\nRUN a\n", NULL, NULL },
	};

	(void)state;
	CHECK_LINT(cases);
}

static void
rules_are_switched_in_the_file_and_above_instructions(void **state)
{
	static const char json[] = "JSONArgsRecommended";
	static const char legacy[] = "LegacyKeyValueFormat";
	static const char json_3[] = "3: JSON arguments recommended for CMD to prevent "
	                             "unintended behavior related to OS signals";
	static const char json_4[] = "4: JSON arguments recommended for CMD to prevent "
	                             "unintended behavior related to OS signals";
	static const struct lint_case cases[] = {
		{ json, "# check=skip=all\n" FROM "CMD a\n", NULL, NULL },
		{ json,
		  "# check=skip=StageNameCasing,JSONArgsRecommended\n" FROM "CMD a\n",
		  NULL, NULL },
		{ json, "# check=skip=StageNameCasing\n" FROM "CMD a\n", NULL, json_3 },
		{ json, "# check=skip=NoSuchRule\n" FROM "CMD a\n", NULL, json_3 },
		{ json, "# check=error=true;skip=all\n" FROM "CMD a\n", NULL, NULL },
		{ json, "# check=skip=all // reason\n" FROM "CMD a\n", NULL, NULL },
		{ json, "# check=skip=all\n" FROM "CMD a\n",
		  "arg=BUILDKIT_DOCKERFILE_CHECK=skip=StageNameCasing", json_3 },
		{ json, FROM "CMD a\n", "arg=BUILDKIT_DOCKERFILE_CHECK=skip=all", NULL },
		{ json, FROM "# check=skip=JSONArgsRecommended\nCMD a\n", NULL, NULL },
		{ json, FROM "# check=skip=JSONArgsRecommended // why\nCMD a\n", NULL,
		  NULL },
		{ json, FROM "# check=nonsense\n# x\nCMD a\n", NULL, json_4 },
		{ json, FROM "# check=skip=LegacyKeyValueFormat\nENV a b\nCMD a\n", NULL,
		  json_4 },
		{ legacy, FROM "# check=skip=LegacyKeyValueFormat\nENV a b\nCMD a\n",
		  NULL, NULL },
		{ "InvalidDefinitionDescription",
		  "# check=skip=all\n# x\nARG a\nFROM scratch\n", NULL, NULL },
		{ "InvalidDefinitionDescription",
		  "# check=skip=all;experimental=InvalidDefinitionDescription\n# x\n"
		  "ARG a\nFROM scratch\n",
		  NULL,
		  "3: Comment for ARG should follow the format: `# a <description>`" },
		{ "InvalidDefinitionDescription",
		  "FROM scratch\n# check=experimental=all\n# x\nARG a\n", NULL,
		  "4: Comment for ARG should follow the format: `# a <description>`" },
	};

	(void)state;
	CHECK_LINT(cases);
}

static void
warnings_can_be_errors_and_options_can_be_wrong(void **state)
{
	static const struct plan_row rows[] = {
		{ "417", "# check=error=true\n" FROM "CMD a\n", NULL, "lint is error" },
		{ "417 nothing to tell", "# check=error=true\n" FROM, NULL,
		  "!lint is error" },
		{ "417 off", "# check=error=false\n" FROM "CMD a\n", NULL,
		  "!lint is error" },
		{ "11.2 not above an instruction", FROM "# check=error=true\nCMD a\n",
		  NULL, "!lint is error" },
		{ "419", "# check=foo=1\n" FROM, NULL,
		  "error: failed to parse check options: invalid check option \"foo\"" },
		{ "419 no value", "# check=skip\n" FROM, NULL,
		  "error: failed to parse check options: invalid check option \"skip\"" },
		{ "423", "FROM scratch AS a\nCMD a\nFROM scratch\n", NULL,
		  "!warning JSONArgsRecommended 2: JSON arguments recommended for CMD to "
		  "prevent unintended behavior related to OS signals" },
		{ "423 all", "FROM scratch AS a\nCMD a\nFROM scratch\n", "all-stages",
		  "result 0 stage 1 platform linux/amd64\n"
		  "warning JSONArgsRecommended 2: JSON arguments recommended for CMD to "
		  "prevent unintended behavior related to OS signals" },
		{ "424 by line", FROM "CMD a\nMAINTAINER x\nENV a b\n", NULL,
		  "warning JSONArgsRecommended 2: JSON arguments recommended for CMD to "
		  "prevent unintended behavior related to OS signals\n"
		  "warning MaintainerDeprecated 3: Maintainer instruction is deprecated "
		  "in "
		  "favor of using label\n"
		  "warning LegacyKeyValueFormat 4: \"ENV key=value\" should be used "
		  "instead of legacy \"ENV key value\" format" },
		{ "422", "FROM scratch AS A\nMAINTAINER x\nFOO\nENV a b\n", NULL,
		  "error 3-3: dockerfile parse error on line 3: unknown instruction: FOO "
		  "(did you mean FROM?)\n"
		  "warning StageNameCasing 1: Stage name 'A' should be lowercase\n"
		  "warning MaintainerDeprecated 2: Maintainer instruction is deprecated "
		  "in "
		  "favor of using label\n"
		  "!warning LegacyKeyValueFormat 4: \"ENV key=value\" should be used "
		  "instead of legacy \"ENV key value\" format" },
		{ "422 while planning", FROM "CMD a\nEXPOSE x\n", NULL,
		  "error 3-3: invalid containerPort: x\n"
		  "warning JSONArgsRecommended 2: JSON arguments recommended for CMD to "
		  "prevent unintended behavior related to OS signals" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
an_error_names_the_rules_in_order(void **state)
{
	struct text text =
	        TEXT("# check=error=true\nFROM scratch AS A\nCMD a\nENV a b\nENV c d\n");
	auto_error struct error err = ERROR_INIT;
	struct plan_fixture f;
	struct plan *plan;

	(void)state;
	plan_fixture_begin(&f, NULL);
	plan = plan_fixture_make(&f, text, &err);
	assert_int_equal(plan_check_lint(plan, &err), -1);
	assert_string_equal(err.text,
	                    "lint violation found for rules: JSONArgsRecommended, "
	                    "LegacyKeyValueFormat, StageNameCasing");
	plan_free(plan);
	plan_fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_stages_are_lower_case_unique_and_not_reserved),
		cmocka_unit_test(keywords_are_written_in_one_case),
		cmocka_unit_test(the_writing_of_instructions_is_judged),
		cmocka_unit_test(variables_are_defined_before_they_are_used),
		cmocka_unit_test(platforms_of_from_are_judged),
		cmocka_unit_test(commands_should_be_json_and_stand_once),
		cmocka_unit_test(paths_and_ports_are_judged),
		cmocka_unit_test(names_of_secrets_are_found),
		cmocka_unit_test(files_that_are_copied_are_not_ignored),
		cmocka_unit_test(comments_describe_what_is_defined),
		cmocka_unit_test(rules_are_switched_in_the_file_and_above_instructions),
		cmocka_unit_test(warnings_can_be_errors_and_options_can_be_wrong),
		cmocka_unit_test(an_error_names_the_rules_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
