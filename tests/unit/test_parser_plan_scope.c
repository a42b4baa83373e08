#include "tests/lib/plan_facts.h"

#define FROM "FROM scratch\n"

static void
env_is_expanded_with_what_was_before_the_instruction(void **state)
{
	static const struct plan_row rows[] = {
		{ "110", FROM "ENV a=1\nENV a=2 b=$a\n", NULL,
		  "config env a=2\nconfig env b=1\nempty ENV a=2 b=1" },
		{ "101 keys", FROM "ENV X=q\nENV ${X}K=v\nLABEL ${X}L=$X\n", NULL,
		  "config env qK=v\nconfig label qL=q\nempty LABEL qL=q" },
		{ "112 legacy", FROM "ENV k a  b\n", NULL,
		  "config env k=a  b\nempty ENV k=a  b" },
		{ "112 legacy quotes", FROM "ENV k \"a b\" c\n", NULL,
		  "config env k=a b c" },
		{ "115", FROM "ENV a=\"x y\" b=x\\ y c='$d'\n", NULL,
		  "config env a=x y\nconfig env b=x y\nconfig env c=$d\n"
		  "empty ENV a=x y b=x y c=$d" },
		{ "116", FROM "ENV a=\n", NULL, "config env a=\nempty ENV a=" },
		{ "117", FROM "ENV a=1 b=2\nENV c=3 a=4\n", NULL,
		  "config env a=4\nconfig env b=2\nconfig env c=3" },
		{ "113", FROM "ENV a\n", NULL, "error 2-2: ENV must have two arguments" },
		{ "114", FROM "ENV =x\n", NULL,
		  "error 2-2: dockerfile parse error on line 2: ENV names can not be "
		  "blank" },
		{ "name empty after expansion", FROM "ENV $X=1\n", NULL,
		  "config env =1" },
		{ "base", "FROM full\nENV C=$A B=new\nRUN x\n", NULL,
		  "run env C=base\nrun env B=new\n"
		  "config env A=base\nconfig env B=new\nconfig env C=base" },
		{ "358", "FROM nopath\nRUN x\n", NULL,
		  "run env A=a\nrun env PATH=" PLAN_PATH "\nconfig env A=a\nconfig env "
		  "PATH=" PLAN_PATH },
		{ "187 PATH can be changed", FROM "ENV PATH=/x:$PATH\nRUN x\n", NULL,
		  "run env PATH=/x:" PLAN_PATH },
		{ "75 forms", FROM "ENV a=1\nENV b=${a}2 c=${x:-d} e=${a:+f}\n", NULL,
		  "empty ENV b=12 c=d e=f" },
		{ "79", FROM "ENV b=${x:?wrong}\n", NULL,
		  "error 2-2: failed to process \"${x:?wrong}\": x: wrong" },
		{ "96", FROM "ENV b='x\n", NULL,
		  "error 2-2: failed to process \"'x\": unexpected end of statement "
		  "while looking for matching single-quote" },
		{ "21 escape", "# escape=`\n" FROM "ENV a=x`$y b=\\z\n", NULL,
		  "config env a=x$y\nconfig env b=\\z" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
arguments_are_set_one_after_the_other(void **state)
{
	static const struct plan_row rows[] = {
		{ "111", FROM "ARG X=1 Y=$X\nRUN x\n", NULL,
		  "run env X=1\nrun env Y=1\nempty ARG X=1 Y=1\n"
		  "history RUN |2 X=1 Y=1 /bin/sh -c x # buildkit\n!config env X=1" },
		{ "102", FROM "ARG $X=1\nRUN x\n", NULL, "run env $X=1" },
		{ "118 ARG last", FROM "ENV A=2\nARG A=9\nRUN x\n", NULL,
		  "run env A=9\nconfig env A=2\n"
		  "history RUN |1 A=9 /bin/sh -c x # buildkit" },
		{ "118 ENV last", FROM "ARG A=9\nENV A=2\nRUN x\n", NULL,
		  "run env A=2\nconfig env A=2\n"
		  "history RUN |1 A=2 /bin/sh -c x # buildkit" },
		{ "119", FROM "ARG X=1\nRUN x\n", "arg=X=$HOME'", "run env X=$HOME'" },
		{ "121", FROM "ARG X=1\nRUN x\n",
		  "arg=X=", "run env X=\nempty ARG X=\n!run env X=1" },
		{ "122", FROM "ARG X=${Y:?no}\nRUN x\n", "arg=X=v", "run env X=v" },
		{ "122 not overridden", FROM "ARG X=${Y:?no}\n", NULL,
		  "error 2-2: failed to process \"${Y:?no}\": Y: no" },
		{ "123", FROM "ARG k\nRUN $k\n", NULL,
		  "!run env k=\nempty ARG k\nhistory RUN |1 k= /bin/sh -c $k # "
		  "buildkit" },
		{ "123 is declared", FROM "ARG k\nUSER a$k\n", NULL,
		  "config user \"a\"\n!warning UndefinedVar 3: Usage of undefined "
		  "variable '$k'" },
		{ "124", FROM "ARG K=\nRUN x\n", NULL, "run env K=\nempty ARG K=" },
		{ "376 undeclared", FROM "RUN x\n", "arg=K=1", "!run env K=1" },
		{ "375 after RUN", FROM "RUN x\nARG K=1\n", NULL,
		  "!run env K=1\nhistory RUN /bin/sh -c x # buildkit\nempty ARG K=1" },
		{ "345 duplicates", FROM "ARG a=1 b=2\nARG a=3\nRUN x\n", NULL,
		  "history RUN |2 a=3 b=2 /bin/sh -c x # buildkit" },
		{ "3.2 scan settings",
		  FROM "ARG BUILDKIT_SBOM_SCAN_STAGE=1\nARG a\nRUN x\n", NULL,
		  "!run env BUILDKIT_SBOM_SCAN_STAGE=1\nempty ARG "
		  "BUILDKIT_SBOM_SCAN_STAGE=1" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
arguments_before_from_are_seen_in_from_alone(void **state)
{
	static const struct plan_row rows[] = {
		{ "125", "ARG I=alpine T=3\nFROM $I:$T\n", NULL,
		  "image alpine:3 linux/amd64" },
		{ "125 build argument", "ARG I\nFROM ${I:-busybox}\n", "arg=I=alpine",
		  "image alpine linux/amd64" },
		{ "126", "ARG A=1\nFROM scratch\nRUN $A\n", NULL,
		  "!run env A=1\nhistory RUN /bin/sh -c $A # buildkit" },
		{ "126 let in", "ARG A=1\nFROM scratch\nARG A\nRUN x\n", NULL,
		  "run env A=1\nempty ARG A=1" },
		{ "126 own default wins", "ARG A=1\nFROM scratch\nARG A=2\nRUN x\n", NULL,
		  "run env A=2" },
		{ "126 build argument wins", "ARG A=1\nFROM scratch\nARG A=2\nRUN x\n",
		  "arg=A=3", "run env A=3" },
		{ "127", "ARG A=1 B=$A\nARG C=$B$A\nFROM scratch\nARG C\nRUN x\n", NULL,
		  "run env C=11" },
		{ "127 later one", "ARG C=$A\nARG A=1\nFROM scratch\nARG C\nRUN x\n",
		  NULL, "run env C=" },
		{ "127 mistake", "ARG C=${A:?no}\nFROM scratch\n", NULL,
		  "error 1-1: failed to process \"${A:?no}\": A: no" },
		{ "133", "FROM scratch AS a\nARG X=1\nFROM a\nRUN x$X\n", NULL,
		  "run env X=1\nempty ARG X=1\n"
		  "history RUN |1 X=1 /bin/sh -c x$X # buildkit" },
		{ "133 expands", "FROM scratch AS a\nARG X=1\nFROM a\nENV Y=$X\n", NULL,
		  "config env Y=1\n!config env X=1" },
		{ "133 ENV wins over ARG of the base",
		  "FROM scratch AS a\nENV X=e\nARG X=1\nFROM a\nRUN x\n", NULL,
		  "run env X=e" },
		{ "134",
		  "FROM scratch AS a\nARG X=1\nFROM scratch\nCOPY --from=a / /\n"
		  "RUN x\n",
		  NULL, "!run env X=1" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
platforms_are_arguments(void **state)
{
	static const struct plan_row rows[] = {
		{ "128", "FROM a-$TARGETARCH-$BUILDARCH$TARGETVARIANT\n",
		  "platform=linux/arm/v7", "image a-arm-amd64v7 linux/arm/v7" },
		{ "129", FROM "RUN $TARGETARCH\n", NULL, "!run env TARGETARCH=amd64" },
		{ "129 declared",
		  FROM "ARG TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT "
		       "TARGETOSVERSION\nARG BUILDPLATFORM BUILDOS BUILDARCH\nRUN x\n",
		  "platform=linux/arm/v7",
		  "run env TARGETPLATFORM=linux/arm/v7\nrun env TARGETOS=linux\n"
		  "run env TARGETARCH=arm\nrun env TARGETVARIANT=v7\n"
		  "run env TARGETOSVERSION=\nrun env BUILDPLATFORM=linux/amd64\n"
		  "run env BUILDOS=linux\nrun env BUILDARCH=amd64" },
		{ "130", FROM "ARG TARGETARCH=x\nRUN x\n", NULL, "run env TARGETARCH=x" },
		{ "131 target", "FROM scratch AS a\nARG TARGETSTAGE\nRUN x\nFROM b\n",
		  "target=a", "run env TARGETSTAGE=a" },
		{ "131 last", "FROM scratch AS A\nARG TARGETSTAGE\nRUN x\n", NULL,
		  "run env TARGETSTAGE=a" },
		{ "131 unnamed", FROM "ARG TARGETSTAGE\nRUN x\n", NULL,
		  "run env TARGETSTAGE=default" },
		{ "132", "FROM a-$BUILDARCH\nARG TARGETOS\nRUN x\n",
		  "arg=BUILDARCH=z arg=TARGETOS=w",
		  "image a-z linux/amd64\nrun env TARGETOS=w" },
		{ "161 variable", "FROM --platform=$BUILDPLATFORM alpine\n",
		  "platform=linux/arm64", "image alpine linux/amd64" },
		{ "161 constant", "FROM --platform=arm64 alpine\n", NULL,
		  "image alpine linux/arm64" },
		{ "161 empty", "FROM --platform=$X alpine\n", NULL,
		  "error 1-1: empty platform value from expression $X" },
		{ "161 suggestion", "ARG PLAT=arm64\nFROM --platform=$PLATT alpine\n",
		  NULL,
		  "error 2-2: empty platform value from expression $PLATT (did you mean "
		  "PLAT?)" },
		{ "161 invalid", "FROM --platform=a/b/c/d alpine\n", NULL,
		  "error 1-1: failed to parse platform a/b/c/d: platform \"a/b/c/d\": "
		  "not of the form os/arch/variant" },
		{ "361 explicit", "FROM arm\n", "platform=linux/amd64",
		  "result 0 stage 0 platform linux/amd64" },
		{ "361 implicit", "FROM arm\n", NULL,
		  "result 0 stage 0 platform linux/arm64" },
		{ "361 scratch", "FROM scratch\n", "platform=linux/arm64",
		  "result 0 stage 0 platform linux/arm64" },
		{ "361 inherited", "FROM arm AS a\nFROM a\n", NULL,
		  "result 0 stage 1 platform linux/arm64" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
some_build_arguments_have_a_meaning_of_their_own(void **state)
{
	static const struct plan_row rows[] = {
		{ "135", FROM "RUN x\n", "arg=http_proxy=a:1 arg=NO_PROXY=b",
		  "run proxy HTTP_PROXY=a:1\nrun proxy http_proxy=a:1\n"
		  "run proxy NO_PROXY=b\nrun proxy no_proxy=b\n"
		  "history RUN /bin/sh -c x # buildkit" },
		{ "135 all", FROM "RUN x\n",
		  "arg=HTTPS_PROXY=1 arg=Ftp_Proxy=2 arg=ALL_PROXY=3",
		  "run proxy HTTPS_PROXY=1\nrun proxy https_proxy=1\n"
		  "run proxy FTP_PROXY=2\nrun proxy ftp_proxy=2\n"
		  "run proxy ALL_PROXY=3\nrun proxy all_proxy=3" },
		{ "136", FROM "ENV a=x$HTTP_PROXY\n", "arg=HTTP_PROXY=a",
		  "config env a=x" },
		{ "136 declared", FROM "ARG HTTP_PROXY\nENV a=x$HTTP_PROXY\nRUN x\n",
		  "arg=HTTP_PROXY=a",
		  "run env HTTP_PROXY=a\nrun proxy HTTP_PROXY=a\nconfig env a=xa\n"
		  "empty ARG HTTP_PROXY=a" },
		{ "137", FROM "RUN x\n", "arg=BUILDKIT_SANDBOX_HOSTNAME=me",
		  "run in \"/\" user \"\" hostname \"me\" network default" },
		{ "137 none", FROM "RUN x\n", NULL,
		  "run in \"/\" user \"\" network default" },
		{ "138", FROM "RUN --mount=type=cache,target=/c x\n",
		  "arg=BUILDKIT_CACHE_MOUNT_NS=ns",
		  "mount cache source \"/\" target \"/c\" id \"ns//c\" shared" },
		{ "139", FROM, "arg=BUILDKIT_MULTI_PLATFORM=1", "multi-platform" },
		{ "139 off", FROM, "arg=BUILDKIT_MULTI_PLATFORM=0", "!multi-platform" },
		{ "139 bad", FROM, "arg=BUILDKIT_MULTI_PLATFORM=q",
		  "error: invalid boolean value for multi-platform: q" },
		{ "inline cache", FROM, "arg=BUILDKIT_INLINE_CACHE=1", "inline-cache" },
		{ "351", FROM, "arg=SOURCE_DATE_EPOCH=12", "epoch 12" },
		{ "353", "ARG SOURCE_DATE_EPOCH=$X\nARG X=1\nFROM scratch\n", "arg=X=7",
		  "!epoch 7" },
		{ "353 default", "ARG X=4\nARG SOURCE_DATE_EPOCH=$X\nFROM scratch\n",
		  NULL, "epoch 4" },
		{ "353 overridden", "ARG SOURCE_DATE_EPOCH=4\nFROM scratch\n",
		  "arg=SOURCE_DATE_EPOCH=5", "epoch 5" },
		{ "9.4 empty is off", "ARG SOURCE_DATE_EPOCH=4\nFROM scratch\n",
		  "arg=SOURCE_DATE_EPOCH=", "!epoch \n!epoch 4" },
		{ "9.4 in a stage it is a variable",
		  "FROM scratch\nARG SOURCE_DATE_EPOCH=4\nRUN x\n", NULL,
		  "run env SOURCE_DATE_EPOCH=4\n!epoch 4" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

/* What is and what is not expanded in each instruction, section 2.3. */
static void
instructions_expand_their_own_parts(void **state)
{
	static const struct plan_row rows[] = {
		{ "100 RUN", FROM "ENV a=1\nRUN echo \"$a\" '\\$a'\n", NULL,
		  "run \"/bin/sh\" \"-c\" \"echo \\\"$a\\\" '\\\\$a'\"" },
		{ "100 CMD", FROM "ENV a=1\nCMD echo \"$a\"\n", NULL,
		  "config cmd \"/bin/sh\" \"-c\" \"echo \\\"$a\\\"\"" },
		{ "100 ENTRYPOINT", FROM "ENV a=1\nENTRYPOINT [\"$a\"]\n", NULL,
		  "config entrypoint \"$a\"" },
		{ "100 HEALTHCHECK", FROM "ENV a=1\nHEALTHCHECK CMD $a '\n", NULL,
		  "config health 0/0/0/0 x0 \"CMD-SHELL\" \"$a '\"" },
		{ "2.3 SHELL, MAINTAINER",
		  FROM "ENV a=1\nSHELL [\"$a\"]\nMAINTAINER \"$a\" b\n", NULL,
		  "config shell \"$a\"\nconfig author \"\\\"$a\\\" b\"" },
		{ "103", FROM "ENV P=\"80 90/udp\"\nEXPOSE $P\n", NULL,
		  "config port \"80/tcp\"\nconfig port \"90/udp\"\n"
		  "empty EXPOSE [80/tcp 90/udp]" },
		{ "104 VOLUME", FROM "ENV a=\"x y\"\nVOLUME /$a \"/q\"\n", NULL,
		  "config volume \"/x y\"\nconfig volume \"/q\"\n"
		  "empty VOLUME [/x y /q]" },
		{ "104 VOLUME JSON", FROM "ENV a=1\nVOLUME [\"/$a\"]\n", NULL,
		  "config volume \"/1\"" },
		{ "104 WORKDIR", FROM "ENV a=1\nWORKDIR \"/$a b\"\n", NULL,
		  "config workdir \"/1 b\"" },
		{ "104 USER", FROM "ENV a=1\nUSER '$a':\"$a\"\n", NULL,
		  "config user \"$a:1\"" },
		{ "104 STOPSIGNAL", FROM "ENV a=TERM\nSTOPSIGNAL SIG$a\n", NULL,
		  "config signal \"SIGTERM\"" },
		{ "105 COPY",
		  FROM "ENV a=1\nCOPY --chown=$a:2 --chmod=6${a}0 $a\"b\" /$a/\n", NULL,
		  "copy \"1b\"(1) to \"/1/\" chown \"1:2\" chmod \"610\"\n"
		  "history COPY --chown=1:2 --chmod=610 1b /1/ # buildkit" },
		{ "105 JSON", FROM "ENV a=1\nCOPY [\"$a b\", \"/'$a'\"]\n", NULL,
		  "copy \"1 b\"(1) to \"/$a\"" },
		{ "2.3 never split again", FROM "ENV P=\"a b\"\nCOPY $P /x\n", NULL,
		  "copy \"a b\"(1) to \"/x\"" },
		{ "105 checksum",
		  FROM "ENV a=sha256\nADD "
		       "--checksum=$a:"
		       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 "
		       "http://h/f /\n",
		  NULL,
		  "http \"http://h/f\" file \"f\" checksum "
		  "\"sha256:"
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"" },
		{ "106", FROM "COPY --from=$x a b\n", NULL,
		  "error 2-2: variable expansion is not supported for --from, define a "
		  "new stage with FROM using ARG from global scope as a workaround" },
		{ "107", FROM "ENV x=1\nCOPY --exclude=$x a b\n", NULL,
		  "copy \"a\"(1) to \"/b\" exclude \"$x\"" },
		{ "108",
		  FROM "ENV t=cache x=/q i=id\n"
		       "RUN --mount=type=$t,target=$x,id=${i}1 a\n",
		  NULL, "mount cache source \"/\" target \"/q\" id \"/id1\" shared" },
		{ "109", FROM "RUN --mount=from=$x,target=/a a\n", NULL,
		  "error 2-2: dockerfile parse error on line 2: 'from' doesn't support "
		  "variable expansion, define alias stage instead" },
		{ "169 ONBUILD", FROM "ENV a=1\nONBUILD RUN $a \"b\"\n", NULL,
		  "config onbuild \"RUN $a \\\"b\\\"\"" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(env_is_expanded_with_what_was_before_the_instruction),
		cmocka_unit_test(arguments_are_set_one_after_the_other),
		cmocka_unit_test(arguments_before_from_are_seen_in_from_alone),
		cmocka_unit_test(platforms_are_arguments),
		cmocka_unit_test(some_build_arguments_have_a_meaning_of_their_own),
		cmocka_unit_test(instructions_expand_their_own_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
