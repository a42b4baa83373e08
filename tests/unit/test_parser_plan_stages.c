#include "tests/lib/plan_facts.h"

static void
from_names_a_stage_an_image_or_nothing(void **state)
{
	static const struct plan_row rows[] = {
		{ "159", "FROM scratch\n", NULL,
		  "scratch\nresult 0 stage 0 platform linux/amd64\n"
		  "config env PATH=" PLAN_PATH "\nconfig workdir \"/\"" },
		{ "146", "FROM scratch AS a\nENV X=1\nRUN x\nFROM a\nRUN $X\n", NULL,
		  "scratch\n1 run \"/bin/sh\" \"-c\" \"x\"\n"
		  "2 run \"/bin/sh\" \"-c\" \"$X\"\nrun env X=1\nconfig env X=1\n"
		  "empty ENV X=1\nhistory RUN /bin/sh -c x # buildkit\n"
		  "history RUN /bin/sh -c $X # buildkit" },
		{ "147", "FROM b\nFROM scratch AS b\n", "target=b", "scratch" },
		{ "147 image", "FROM b AS x\nFROM scratch AS b\n", "target=x",
		  "image b linux/amd64" },
		{ "8.1 own name", "FROM a AS a\n", NULL, "image a linux/amd64" },
		{ "143", "FROM scratch AS Build\nRUN x\nFROM build\n", NULL,
		  "run \"/bin/sh\" \"-c\" \"x\"\n!image build linux/amd64" },
		{ "144", "FROM scratch AS Build\nFROM Build\n", NULL,
		  "error 2-2: failed to parse stage name \"Build\": invalid reference "
		  "format: repository name (library/Build) must be lowercase" },
		{ "144 also if not needed", "FROM Nope AS a\nFROM scratch\n", NULL,
		  "error 1-1: failed to parse stage name \"Nope\": invalid reference "
		  "format: repository name (library/Nope) must be lowercase" },
		{ "4.1 no reference", "FROM a:b:c\n", NULL,
		  "error 1-1: failed to parse stage name \"a:b:c\": invalid reference "
		  "format" },
		{ "160", "FROM $X\n", NULL,
		  "error 1-1: base name ($X) should not be blank" },
		{ "160 in quotes", "FROM \"\"\n", NULL,
		  "error 1-1: base name (\"\") should not be blank" },
		{ "11 number is an image", "FROM scratch\nFROM 0\n", NULL,
		  "image 0 linux/amd64" },
		{ "145", "FROM scratch AS a\nRUN 1\nFROM scratch AS a\nRUN 2\nFROM a\n",
		  NULL,
		  "run \"/bin/sh\" \"-c\" \"2\"\n!run \"/bin/sh\" \"-c\" \"1\"\n"
		  "warning DuplicateStageName 3: Duplicate stage name \"a\", stage names "
		  "should be unique" },
		{ "359", "FROM full\n", NULL,
		  "config env A=base\nconfig label of=base\nconfig entrypoint "
		  "\"/entry\"\n"
		  "config cmd \"serve\" \"-v\"\nconfig port \"80/tcp\"\n"
		  "config volume \"/data\"\nconfig user \"app\"\nconfig workdir "
		  "\"/srv\"\n"
		  "config signal \"SIGINT\"\nconfig author \"somebody\"\n"
		  "config health 0/0/0/0 x0 \"CMD\" \"check\"" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
steps_are_counted_in_their_stage(void **state)
{
	static const struct plan_row rows[] = {
		{ "one stage", "FROM scratch\nRUN a\nENV b=1\nWORKDIR /x\nCOPY a b\n",
		  NULL,
		  "name \"[1/3] RUN a\"\nname \"[2/3] WORKDIR /x\"\n"
		  "name \"[3/3] COPY a b\"" },
		{ "image counts",
		  "FROM a@sha256:"
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
		  "RUN x\n",
		  NULL,
		  "name \"[1/2] FROM docker.io/library/a@sha256:"
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"\n"
		  "name \"[2/2] RUN x\"" },
		{ "names of stages", "FROM scratch AS one\nRUN a\nFROM one\nRUN b\n",
		  NULL, "name \"[one 1/1] RUN a\"\nname \"[stage-1 1/1] RUN b\"" },
		{ "width",
		  "FROM scratch\nRUN 1\nRUN 2\nRUN 3\nRUN 4\nRUN 5\nRUN 6\nRUN 7\n"
		  "RUN 8\nRUN 9\nRUN 10\n",
		  NULL, "name \"[ 1/10] RUN 1\"\nname \"[10/10] RUN 10\"" },
		{ "heredoc", "FROM scratch\nRUN <<E\na\nb\nE\nRUN <<E\nc\nE\n", NULL,
		  "name \"[1/2] RUN <<E (a...)\"\nname \"[2/2] RUN <<E (c)\"" },
		{ "variables are shown",
		  "FROM scratch\nENV a=1\nWORKDIR /$a\nRUN $a $b \"$a\"\n", NULL,
		  "name \"[1/2] WORKDIR /1\"\nname \"[2/2] RUN 1 $b \\\"1\\\"\"" },
		{ "keyword is upper case", "from scratch\nrun x\n", NULL,
		  "name \"[1/1] RUN x\"" },
		{ "trigger", "FROM scratch AS a\nONBUILD RUN x\nFROM a\nRUN y\n", NULL,
		  "name \"[stage-1 1/2] ONBUILD RUN x\"\n"
		  "name \"[stage-1 2/2] RUN y\"" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
only_what_the_target_needs_is_planned(void **state)
{
	static const struct plan_row rows[] = {
		{ "154", "FROM nosuch AS a\nRUN a\nFROM scratch\nRUN b\n", NULL,
		  "0 scratch\nrun \"/bin/sh\" \"-c\" \"b\"\n!run \"/bin/sh\" \"-c\" "
		  "\"a\"" },
		{ "155", "FROM a\nNOSUCH\nFROM scratch\n", NULL,
		  "error 2-2: dockerfile parse error on line 2: unknown instruction: "
		  "NOSUCH" },
		{ "155 meaning is not looked at", "FROM a\nEXPOSE x\nFROM scratch\n",
		  NULL, "scratch" },
		{ "156", "FROM scratch AS a\nRUN a\nFROM b\n", "target=A",
		  "run \"/bin/sh\" \"-c\" \"a\"\nresult 1 stage 0 platform linux/amd64" },
		{ "156 default is the last", "FROM a\nFROM scratch\n", NULL,
		  "result 0 stage 1 platform linux/amd64" },
		{ "156 no number", "FROM scratch AS abcd\nFROM b\n", "target=0",
		  "error: target stage \"0\" could not be found" },
		{ "157", "FROM scratch AS nosuc\nFROM b\n", "target=nosuch",
		  "error: target stage \"nosuch\" could not be found (did you mean "
		  "nosuc?)" },
		{ "158", "FROM x AS a\nFROM scratch\nRUN b\nFROM y\nCOPY --from=1 / /\n",
		  NULL, "run \"/bin/sh\" \"-c\" \"b\"\n!image x linux/amd64" },
		{ "391 the same context once",
		  "FROM scratch AS a\nCOPY a /\nFROM scratch\nCOPY --from=a / /\n"
		  "COPY b /\n",
		  NULL, "copy \"a\"(1) to \"/\"\ncopy \"b\"(1) to \"/\"" },
		{ "163 the same image once",
		  "FROM alpine AS a\nRUN a\nFROM alpine\n"
		  "COPY --from=a / /\n",
		  NULL, "0 image alpine linux/amd64\n!2 image alpine linux/amd64" },
		{ "another name of the same image",
		  "FROM alpine AS a\nFROM docker.io/library/alpine:latest\n"
		  "COPY --from=a / /\n",
		  NULL,
		  "0 image alpine linux/amd64\n"
		  "copy \"/\"(0) to \"/\" owner" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
copies_come_from_stages_images_and_contexts(void **state)
{
	static const struct plan_row rows[] = {
		{ "143",
		  "FROM scratch AS Base\nRUN x\nFROM scratch\n"
		  "COPY --from=BASE a b\n",
		  NULL, "1 run \"/bin/sh\" \"-c\" \"x\"\ncopy \"a\"(1) to \"/b\" owner" },
		{ "149", "FROM scratch\nRUN x\nFROM scratch\nCOPY --from=0 a b\n", NULL,
		  "1 run \"/bin/sh\" \"-c\" \"x\"\ncopy \"a\"(1) to \"/b\" owner" },
		{ "149 with a plus",
		  "FROM scratch\nRUN x\nFROM scratch\n"
		  "COPY --from=+0 a b\n",
		  NULL, "copy \"a\"(1) to \"/b\" owner" },
		{ "150", "FROM scratch\nCOPY --from=9 a b\n", NULL,
		  "error: invalid stage index 9" },
		{ "150 also if not needed",
		  "FROM scratch\nCOPY --from=9 a b\n"
		  "FROM scratch\n",
		  NULL, "error: invalid stage index 9" },
		{ "151", "FROM scratch\nCOPY --from=alpine:3 a b\n", NULL,
		  "0 image alpine:3 linux/amd64\ncopy \"a\"(0) to \"/b\" owner" },
		{ "151 scratch", "FROM scratch\nCOPY --from=scratch a b\n", NULL,
		  "0 scratch\ncopy \"a\"(0) to \"/b\" owner" },
		{ "148",
		  "FROM scratch\nCOPY --from=later a b\n"
		  "FROM scratch AS later\n",
		  NULL, "result 0 stage 1 platform linux/amd64" },
		{ "148 reached",
		  "FROM scratch AS one\nCOPY --from=later a b\n"
		  "FROM scratch AS later\n",
		  "target=one",
		  "error 2-2: cannot copy from stage \"later\", it needs to be defined "
		  "before current stage \"one\"" },
		{ "5.1 mount of a later stage",
		  "FROM scratch AS one\nRUN --mount=from=later,target=/t x\n"
		  "FROM scratch AS later\n",
		  "target=one",
		  "error 2-2: cannot mount from stage \"later\" to \"/t\", stage needs "
		  "to "
		  "be defined before current command" },
		{ "153", "FROM scratch\nRUN --mount=from=0,target=/t x\n", NULL,
		  "0 image 0 linux/amd64\nmount bind from 0 source \"/\" target \"/t\" "
		  "ro" },
		{ "201",
		  "FROM scratch AS A\nRUN a\nFROM scratch\n"
		  "RUN --mount=from=a,source=/x,target=/t b\n",
		  NULL, "mount bind from 1 source \"/x\" target \"/t\" ro" },
		{ "152 itself", "FROM scratch AS a\nCOPY --from=a x y\n", NULL,
		  "error 2-2: circular dependency detected on stage: a" },
		{ "152 by number", "FROM scratch\nCOPY --from=0 x y\n", NULL,
		  "error 2-2: circular dependency detected on stage: stage-0" },
		{ "152 in a circle",
		  "FROM scratch AS a\nCOPY --from=b x y\nFROM scratch AS b\n"
		  "RUN --mount=from=a,target=/x y\nFROM scratch\n",
		  NULL, "error 4-4 2-2: circular dependency detected on stage: a" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
named_contexts_replace_images_and_stages(void **state)
{
	static const struct plan_row rows[] = {
		{ "170", "FROM alpine\nRUN x\n", "context=alpine=docker-image://full",
		  "image full linux/amd64\nrun env A=base" },
		{ "170 full name", "FROM docker.io/library/alpine:latest\n",
		  "context=alpine=docker-image://full", "image full linux/amd64" },
		{ "170 other tag", "FROM alpine:3\n",
		  "context=alpine=docker-image://full", "image alpine:3 linux/amd64" },
		{ "171", "FROM scratch AS a\nRUN a\nFROM scratch\nCOPY --from=a x y\n",
		  "context=a=docker-image://full",
		  "0 image full linux/amd64\ncopy \"x\"(0) to \"/y\" owner\n"
		  "!run \"/bin/sh\" \"-c\" \"a\"" },
		{ "171 as base", "FROM scratch AS a\nRUN a\nFROM a\nRUN b\n",
		  "context=a=docker-image://full",
		  "image full linux/amd64\nrun env A=base" },
		{ "171 number stays",
		  "FROM scratch AS a\nRUN a\nFROM scratch\n"
		  "COPY --from=0 x y\n",
		  "context=a=dir", "0 local \"a\"\ncopy \"x\"(0) to \"/y\"" },
		{ "172", "FROM scratch\nCOPY --from=src x y\n", "context=src=dir",
		  "0 local \"src\"\ncopy \"x\"(0) to \"/y\"" },
		{ "172 mount", "FROM scratch\nRUN --mount=from=src,target=/t x\n",
		  "context=src=dir",
		  "0 local \"src\"\nmount bind from 0 source \"/\" target \"/t\" ro" },
		{ "172 base", "FROM src\nRUN x\n", "context=src=dir",
		  "local \"src\"\nscratch\ncopy \"\"(0) to \"/\"\n"
		  "run env PATH=" PLAN_PATH },
		{ "173", "FROM alpine\n",
		  "context=alpine=docker-image://a context=alpine::linux/amd64="
		  "docker-image://b",
		  "image b linux/amd64" },
		{ "173 other platform", "FROM alpine\n",
		  "context=alpine=docker-image://a context=alpine::linux/arm64="
		  "docker-image://b",
		  "image a linux/amd64" },
		{ "175", "FROM alpine\nRUN x\n", "context=alpine=docker-image://scratch",
		  "scratch\nrun env PATH=" PLAN_PATH },
		{ "176", "FROM alpine\n", "context=alpine=oci-layout://dir:tag",
		  "image dir:tag linux/amd64" },
		{ "177 git", "FROM scratch\nCOPY --from=src a b\n",
		  "context=src=git://h/r.git#v1:sub",
		  "git \"git://h/r.git\" ref \"v1\" subdir \"sub\"" },
		{ "177 http", "FROM scratch\nCOPY --from=src context b\n",
		  "context=src=https://h/f",
		  "0 http \"https://h/f\" file \"context\"\n"
		  "copy \"context\"(0) to \"/b\"" },
		{ "8.4 scratch stays", "FROM scratch\n",
		  "context=scratch=docker-image://a", "scratch" },
		{ "8.4 context stays", "FROM scratch\nCOPY --from=context a b\n",
		  "context=context=dir", "image context linux/amd64" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
triggers_run_first_in_the_child_and_once(void **state)
{
	static const struct plan_row rows[] = {
		{ "164", "FROM triggers\nRUN own\n", NULL,
		  "name \"[2/4] ONBUILD COPY . /app\"\nname \"[3/4] ONBUILD RUN make "
		  "1\"\n"
		  "name \"[4/4] RUN own\"\nempty ARG X=1\nhistory COPY . /app # "
		  "buildkit\n"
		  "history RUN |1 X=1 /bin/sh -c make $X # buildkit\n"
		  "history RUN |1 X=1 /bin/sh -c own # buildkit" },
		{ "164 not handed on", "FROM triggers AS a\nFROM a\nRUN own\n", NULL,
		  "name \"[stage-1 1/1] RUN own\"\n!config onbuild \"ARG X=1\"" },
		{ "165", "FROM scratch AS a\nONBUILD RUN t\nRUN a\nFROM a\nRUN b\n", NULL,
		  "run \"/bin/sh\" \"-c\" \"a\"\nrun \"/bin/sh\" \"-c\" \"t\"\n"
		  "run \"/bin/sh\" \"-c\" \"b\"\n!config onbuild \"RUN t\"" },
		{ "165 not for itself", "FROM scratch\nONBUILD RUN t\n", NULL,
		  "config onbuild \"RUN t\"\n!run \"/bin/sh\" \"-c\" \"t\"" },
		{ "167", "FROM scratch AS a\nONBUILD RUN t\nFROM a AS b\nFROM b\nRUN c\n",
		  NULL, "name \"[b 1/1] ONBUILD RUN t\"\nname \"[stage-2 1/1] RUN c\"" },
		{ "166", "FROM scratch AS other\nRUN o\nFROM copies\n", NULL,
		  "run \"/bin/sh\" \"-c\" \"o\"\ncopy \"/a\"(1) to \"/b\" owner" },
		{ "166 image", "FROM copies\n", NULL,
		  "0 image other linux/amd64\ncopy \"/a\"(0) to \"/b\" owner" },
		{ "8.3 copied from, its triggers mean nothing", "FROM asks\n", NULL,
		  "0 image copies linux/amd64\ncopy \"/c\"(0) to \"/d\" owner\n"
		  "!image other linux/amd64" },
		{ "171 a later stage",
		  "FROM scratch AS a\nCOPY --from=b x y\nFROM scratch AS b\n",
		  "target=a context=b=docker-image://full",
		  "0 image full linux/amd64\ncopy \"x\"(0) to \"/y\" owner" },
		{ "171 of an image in place of a stage",
		  "FROM scratch AS a\nFROM a\nRUN own\n",
		  "context=a=docker-image://triggers",
		  "name \"[stage-1 2/3] ONBUILD RUN make 1\"\n"
		  "name \"[stage-1 3/3] RUN own\"" },
		{ "169", "FROM broken\n", NULL,
		  "error 1-1: unknown instruction: FOO (did you mean FROM?)" },
		{ "169 defined", "FROM scratch\nONBUILD FOO\n", NULL,
		  "config onbuild \"FOO\"" },
		{ "8.3 single expression", "FROM double\n", NULL,
		  "error 1-1: onbuild trigger should be a single expression" },
		{ "168 chain", "FROM scratch\nONBUILD ONBUILD RUN x\n", NULL,
		  "error 2-2: dockerfile parse error on line 2: Chaining ONBUILD via "
		  "`ONBUILD ONBUILD` isn't allowed" },
		{ "168 FROM", "FROM scratch\nONBUILD FROM x\n", NULL,
		  "error 2-2: dockerfile parse error on line 2: FROM isn't allowed as an "
		  "ONBUILD trigger" },
		{ "168 MAINTAINER", "FROM scratch\nONBUILD maintainer x\n", NULL,
		  "error 2-2: dockerfile parse error on line 2: MAINTAINER isn't allowed "
		  "as an ONBUILD trigger" },
		{ "347", "FROM scratch AS a\nONBUILD RUN x\n", NULL,
		  "result 0 stage 0 platform linux/amd64\n!empty ONBUILD RUN x" },
		{ "73",
		  "FROM scratch AS a\nONBUILD RUN <<E\nl1\nl2\nE\n"
		  "ONBUILD COPY <<-\"F\" /f\n\t$x\n\tF\nFROM a\n",
		  NULL,
		  "run \"/bin/sh\" \"-c\" \"l1\\nl2\\n\"\n"
		  "copy \"F\"<<\"$x\\n\" to \"/f\"" },
		{ "73 kept", "FROM scratch\nONBUILD RUN <<E\nl1\nE\n", NULL,
		  "config onbuild \"RUN <<E\\nl1\\nE\"" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_names_a_stage_an_image_or_nothing),
		cmocka_unit_test(steps_are_counted_in_their_stage),
		cmocka_unit_test(only_what_the_target_needs_is_planned),
		cmocka_unit_test(copies_come_from_stages_images_and_contexts),
		cmocka_unit_test(named_contexts_replace_images_and_stages),
		cmocka_unit_test(triggers_run_first_in_the_child_and_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
