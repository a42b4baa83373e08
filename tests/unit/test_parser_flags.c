#include "tests/lib/dockerfile_text.h"

#define ON_LINE_2 "error 2-2: dockerfile parse error on line 2: "

static void
flags_stand_between_the_name_and_the_arguments(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "32", IN_STAGE("RUN --network=none a --network=host\n"),
		  STAGE("2-2 RUN \"a --network=host\" --network=\"none\"\n") },
		{ "32 data", IN_STAGE("CMD a --x\n"), STAGE("2-2 CMD \"a --x\"\n") },
		{ "33", IN_STAGE("COPY --chown=\"a b\" --chmod='1'2\"3\" x y\n"),
		  STAGE("2-2 COPY \"x\" \"y\" --chown=\"a b\" --chmod=\"123\"\n") },
		{ "33 quote in quotes",
		  IN_STAGE("COPY --chown=\"a'b\" --from='a\"b' x y\n"),
		  STAGE("2-2 COPY \"x\" \"y\" --from=\"a\\\"b\" --chown=\"a'b\"\n") },
		{ "34", IN_STAGE("COPY --chown=a\\ b\\\"\\\\ x y\n"),
		  STAGE("2-2 COPY \"x\" \"y\" --chown=\"a b\\\"\\\\\"\n") },
		{ "34 in quotes",
		  IN_STAGE("COPY --chown=\"a\\\"b\" --chmod='a\\'b' x y\n"),
		  STAGE("2-2 COPY \"x\" \"y\" --chown=\"a\\\"b\" --chmod=\"a'b\"\n") },
		{ "35", IN_STAGE("RUN --network=none -- --network=host x\n"),
		  STAGE("2-2 RUN \"--network=host x\" --network=\"none\"\n") },
		{ "35 B", IN_STAGE("COPY -- foo /tmp/\n"),
		  STAGE("2-2 COPY \"foo\" \"/tmp/\"\n") },
		{ "50", IN_STAGE("COPY --from=x [\"a b\", \"c\"]\n"),
		  STAGE("2-2 COPY json \"a b\" \"c\" --from=\"x\"\n") },
		{ "not ASCII", IN_STAGE("COPY --chown=\xC3\xA0\xC3\xA9 x y\n"),
		  STAGE("2-2 COPY \"x\" \"y\" --chown=\"\xC3\xA0\xC3\xA9\"\n") },
		{ "empty value", IN_STAGE("COPY --chown= --from=\"\" x y\n"),
		  STAGE("2-2 COPY \"x\" \"y\" --from=\"\" --chown=\"\"\n") },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
unknown_flags_are_refused_where_flags_are_looked_at(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "36 CMD", IN_STAGE("CMD --foo bar\n"),
		  ON_LINE_2 "unknown flag: --foo\n" },
		{ "36 B", IN_STAGE("CMD --doit -- [ ]\n"),
		  ON_LINE_2 "unknown flag: --doit\n" },
		{ "36 ENV", IN_STAGE("ENV --foo a=b\n"),
		  ON_LINE_2 "unknown flag: --foo\n" },
		{ "36 LABEL", IN_STAGE("LABEL --foo a=b\n"),
		  ON_LINE_2 "unknown flag: --foo\n" },
		{ "36 EXPOSE", IN_STAGE("EXPOSE --foo 1\n"),
		  ON_LINE_2 "unknown flag: --foo\n" },
		{ "36 USER", IN_STAGE("USER --foo a\n"),
		  ON_LINE_2 "unknown flag: --foo\n" },
		{ "36 WORKDIR", IN_STAGE("WORKDIR --foo a\n"),
		  ON_LINE_2 "unknown flag: --foo\n" },
		{ "36 VOLUME", IN_STAGE("VOLUME --foo a\n"),
		  ON_LINE_2 "unknown flag: --foo\n" },
		{ "36 SHELL", IN_STAGE("SHELL --foo [\"a\"]\n"),
		  ON_LINE_2 "unknown flag: --foo\n" },
		{ "36 ENTRYPOINT", IN_STAGE("ENTRYPOINT --foo a\n"),
		  ON_LINE_2 "unknown flag: --foo\n" },
		{ "36 ONBUILD", IN_STAGE("ONBUILD --foo RUN a\n"),
		  ON_LINE_2 "unknown flag: --foo\n" },
		{ "36 MAINTAINER", IN_STAGE("MAINTAINER --foo a\n"),
		  ON_LINE_2 "unknown flag: --foo\n" },
		{ "36 FROM", "FROM --foo=1 a\n",
		  "error 1-1: dockerfile parse error on line 1: unknown flag: --foo\n" },
		{ "36 ADD", IN_STAGE("ADD --from=a a b\n"),
		  ON_LINE_2 "unknown flag: --from\n" },
		{ "434 near", IN_STAGE("COPY --chonw=a a b\n"),
		  ON_LINE_2 "unknown flag: --chonw (did you mean chown?)\n" },
		{ "434 near", "FROM --platfrom=a a\n",
		  "error 1-1: dockerfile parse error on line 1: unknown flag: --platfrom "
		  "(did you mean platform?)\n" },
		{ "434 far", IN_STAGE("COPY --shown1x=a a b\n"),
		  ON_LINE_2 "unknown flag: --shown1x\n" },
		{ "434 case", IN_STAGE("COPY --CHOWN=a a b\n"),
		  ON_LINE_2 "unknown flag: --CHOWN\n" },
		{ "37 ARG", IN_STAGE("ARG --foo bar\n"), STAGE("2-2 ARG \"bar\"\n") },
		{ "37 STOPSIGNAL", IN_STAGE("STOPSIGNAL --x 9\n"),
		  STAGE("2-2 STOPSIGNAL \"9\"\n") },
		{ "37 HEALTHCHECK", IN_STAGE("HEALTHCHECK --x NONE\n"),
		  STAGE("2-2 HEALTHCHECK \"NONE\" none 0/0/0/0 x0\n") },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
flags_have_types(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "38",
		  IN_STAGE("COPY --link --parents=FALSE a b\nCOPY --link=tRUE a b\n"
		           "COPY --link=false a b\n"),
		  STAGE("2-2 COPY \"a\" \"b\" --link\n3-3 COPY \"a\" \"b\" --link\n"
		        "4-4 COPY \"a\" \"b\"\n") },
		{ "38 ADD",
		  IN_STAGE("ADD --unpack --keep-git-dir=false --checksum=x --link a b\n"),
		  STAGE("2-2 ADD \"a\" \"b\" --checksum=\"x\" --link --unpack=1 "
		        "--keep-git-dir=0\n") },
		{ "39 empty", IN_STAGE("COPY --link= a b\n"),
		  ON_LINE_2 "missing a value on flag: --link\n" },
		{ "39 other", IN_STAGE("COPY --link=yes a b\n"),
		  ON_LINE_2 "expecting boolean value for flag --link, not: yes\n" },
		{ "40", IN_STAGE("COPY --from x a b\n"),
		  ON_LINE_2 "missing a value on flag: --from\n" },
		{ "40 list", IN_STAGE("RUN --mount x\n"),
		  ON_LINE_2 "missing a value on flag: --mount\n" },
		{ "41", IN_STAGE("COPY --chown=a --chown=b a b\n"),
		  ON_LINE_2 "duplicate flag specified: --chown\n" },
		{ "41 bool", IN_STAGE("COPY --link --link a b\n"),
		  ON_LINE_2 "duplicate flag specified: --link\n" },
		{ "41 lists",
		  IN_STAGE("COPY --exclude=a --exclude=b a b\n"
		           "RUN --device=a --device=b --mount=target=/x "
		           "--mount=target=/y x\n"),
		  STAGE("2-2 COPY \"a\" \"b\" --exclude=\"a\" --exclude=\"b\"\n"
		        "3-3 RUN \"x\" --mount=target:\"/x\" --mount=target:\"/y\" "
		        "--device=\"a\" --device=\"b\"\n") },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_stand_between_the_name_and_the_arguments),
		cmocka_unit_test(unknown_flags_are_refused_where_flags_are_looked_at),
		cmocka_unit_test(flags_have_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
