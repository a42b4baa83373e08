#include "tests/lib/plan_facts.h"

#define FROM  "FROM scratch\n"
#define ERROR "error 2-2: "
#define ON_2  ERROR "dockerfile parse error on line 2: "

static void
cmd_and_entrypoint_follow_their_rules(void **state)
{
	static const struct plan_row rows[] = {
		{ "223", FROM "CMD echo a\n", NULL,
		  "config cmd \"/bin/sh\" \"-c\" \"echo a\"\nconfig args-escaped\n"
		  "empty CMD [\"/bin/sh\" \"-c\" \"echo a\"]" },
		{ "223 JSON", FROM "CMD [\"a\", \"b \\\"c\\\"\\n\"]\n", NULL,
		  "config cmd \"a\" \"b \\\"c\\\"\\n\"\nconfig args-escaped\n"
		  "empty CMD [\"a\" \"b \\\"c\\\"\\n\"]" },
		{ "223 nothing", FROM "CMD\n", NULL,
		  "config cmd \"/bin/sh\" \"-c\" \"\"" },
		{ "47", "FROM full\nCMD []\n", NULL,
		  "config entrypoint \"/entry\"\nempty CMD []\n"
		  "!config cmd \"serve\" \"-v\"" },
		{ "47 entry point", "FROM full\nCMD a\nENTRYPOINT []\n", NULL,
		  "empty ENTRYPOINT []\n!config entrypoint \"/entry\"" },
		{ "224", "FROM full\nENTRYPOINT [\"e\"]\n", NULL,
		  "config entrypoint \"e\"\n!config cmd \"serve\" \"-v\"\n"
		  "!config args-escaped" },
		{ "224 of a stage",
		  "FROM scratch AS a\nCMD [\"c\"]\nFROM a\nENTRYPOINT [\"e\"]\n", NULL,
		  "config entrypoint \"e\"\n!config cmd \"c\"" },
		{ "225", FROM "CMD [\"c\"]\nENTRYPOINT [\"e\"]\n", NULL,
		  "config entrypoint \"e\"\nconfig cmd \"c\"" },
		{ "225 after", "FROM full\nENTRYPOINT [\"e\"]\nCMD [\"c\"]\n", NULL,
		  "config entrypoint \"e\"\nconfig cmd \"c\"" },
		{ "26 an empty CMD counts", "FROM full\nCMD []\nENTRYPOINT [\"e\"]\n",
		  NULL, "config entrypoint \"e\"\n!config cmd \"serve\" \"-v\"" },
		{ "227", FROM "SHELL [\"s\", \"-x\"]\nCMD c\nENTRYPOINT e\n", NULL,
		  "config entrypoint \"s\" \"-x\" \"e\"\nconfig cmd \"s\" \"-x\" \"c\"\n"
		  "config shell \"s\" \"-x\"" },
		{ "4.3 shell of that line", FROM "CMD c\nSHELL [\"s\"]\n", NULL,
		  "config cmd \"/bin/sh\" \"-c\" \"c\"\nconfig shell \"s\"" },
		{ "226", FROM "SHELL a\n", NULL,
		  ON_2 "SHELL requires the arguments to be in JSON form" },
		{ "226 empty", FROM "SHELL []\n", NULL,
		  ON_2 "SHELL requires at least one argument" },
		{ "18", FROM "CMD --foo bar\n", NULL, ON_2 "unknown flag: --foo" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
health_is_replaced_as_a_whole(void **state)
{
	static const struct plan_row rows[] = {
		{ "228",
		  FROM "HEALTHCHECK --interval=5s --timeout=1m30s --start-period=1.5s "
		       "--start-interval=2ms --retries=3 CMD a b\n",
		  NULL,
		  "config health 5000000000/90000000000/1500000000/2000000 x3 "
		  "\"CMD-SHELL\" \"a b\"\n"
		  "empty HEALTHCHECK {Test:[CMD-SHELL a b] Interval:5s Timeout:1m30s "
		  "StartPeriod:1.5s StartInterval:2ms Retries:3}" },
		{ "51", FROM "HEALTHCHECK cmd [\"a\", \"b\"]\n", NULL,
		  "config health 0/0/0/0 x0 \"CMD\" \"a\" \"b\"\n"
		  "empty HEALTHCHECK {Test:[CMD a b] Interval:0s Timeout:0s "
		  "StartPeriod:0s StartInterval:0s Retries:0}" },
		{ "4.3 SHELL is not applied", FROM "SHELL [\"s\"]\nHEALTHCHECK CMD a\n",
		  NULL, "config health 0/0/0/0 x0 \"CMD-SHELL\" \"a\"" },
		{ "229 none", "FROM full\nHEALTHCHECK NONE\n", NULL,
		  "config health 0/0/0/0 x0 \"NONE\"\n"
		  "empty HEALTHCHECK {Test:[NONE] Interval:0s Timeout:0s StartPeriod:0s "
		  "StartInterval:0s Retries:0}" },
		{ "229", FROM "HEALTHCHECK NONE x\n", NULL,
		  ON_2 "HEALTHCHECK NONE takes no arguments" },
		{ "229 type", FROM "HEALTHCHECK FOO x\n", NULL,
		  ON_2 "Unknown type \"FOO\" in HEALTHCHECK (try CMD)" },
		{ "229 missing", FROM "HEALTHCHECK CMD\n", NULL,
		  ON_2 "Missing command after HEALTHCHECK CMD" },
		{ "230", FROM "HEALTHCHECK --interval=50ns CMD a\n", NULL,
		  ON_2 "Interval \"interval\" cannot be less than 1ms" },
		{ "231", FROM "HEALTHCHECK --retries=-1 CMD a\n", NULL,
		  ON_2 "--retries cannot be negative (-1)" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
ports_are_ranges_of_numbers_with_protocols(void **state)
{
	static const struct plan_row rows[] = {
		{ "232", FROM "EXPOSE 80 53/UDP 9-11/sctp 80/tcp\n", NULL,
		  "config port \"53/udp\"\nconfig port \"80/tcp\"\n"
		  "config port \"9/sctp\"\nconfig port \"10/sctp\"\n"
		  "config port \"11/sctp\"" },
		{ "234", FROM "EXPOSE 9000 5000\n", NULL,
		  "empty EXPOSE [5000/tcp 9000/tcp]" },
		{ "232 base", "FROM full\nEXPOSE 80 81\n", NULL,
		  "config port \"80/tcp\"\nconfig port \"81/tcp\"" },
		{ "4.4 host parts", FROM "EXPOSE 1.2.3.4:80:81 8080:82 [::1]::83\n", NULL,
		  "config port \"81/tcp\"\nconfig port \"82/tcp\"\n"
		  "config port \"83/tcp\"" },
		{ "233", FROM "EXPOSE a\n", NULL, ERROR "invalid containerPort: a" },
		{ "233 large", FROM "EXPOSE 65536\n", NULL,
		  ERROR "invalid containerPort: 65536" },
		{ "233 range", FROM "EXPOSE 9-8\n", NULL,
		  ERROR "invalid containerPort: 9-8" },
		{ "233 host", FROM "EXPOSE x:80\n", NULL, ERROR "invalid hostPort: x" },
		{ "233 address", FROM "EXPOSE 1.2.3:80:80\n", NULL,
		  ERROR "invalid IP address: 1.2.3" },
		{ "233 proto", FROM "EXPOSE 80/foo\n", NULL,
		  ERROR "invalid port: \"80/foo\": invalid proto: foo" },
		{ "233 no port", FROM "EXPOSE /tcp\n", NULL,
		  ERROR "invalid port: \"/tcp\": no port specified" },
		{ "4.4 unset", FROM "EXPOSE $X 80\n", NULL, "empty EXPOSE [80/tcp]" },
		{ "4.4 nothing", FROM "EXPOSE\n", NULL,
		  ON_2 "EXPOSE requires at least one argument" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
single_values_are_replaced(void **state)
{
	static const struct plan_row rows[] = {
		{ "235", FROM "VOLUME /a /b\nVOLUME [\"/a\", \"/c d\"]\n", NULL,
		  "config volume \"/a\"\nconfig volume \"/b\"\nconfig volume \"/c d\"\n"
		  "empty VOLUME [/a /b]\nempty VOLUME [/a /c d]" },
		{ "235 empty", FROM "VOLUME [\"\"]\n", NULL,
		  ON_2 "VOLUME specified can not be an empty string" },
		{ "235 empty after expansion", FROM "VOLUME /a $X\n", NULL,
		  ERROR "VOLUME specified can not be an empty string" },
		{ "237", FROM "LABEL a=\"b c\" 'd e'=f \\\n  g=h\n", NULL,
		  "config label a=b c\nconfig label d e=f\nconfig label g=h\n"
		  "empty LABEL a=b c d e=f g=h" },
		{ "238", "FROM full\nLABEL of=me x=1\n", "label=x=2 label=y=3",
		  "config label of=me\nconfig label x=2\nconfig label y=3\n"
		  "empty LABEL of=me x=1" },
		{ "238 of the target alone", "FROM scratch AS a\nFROM a\n", "label=y=3",
		  "config label y=3\n!empty LABEL y=3" },
		{ "239", FROM "STOPSIGNAL 9\n", NULL,
		  "config signal \"9\"\nempty STOPSIGNAL 9" },
		{ "239 name", FROM "STOPSIGNAL SIGTERM\n", NULL,
		  "config signal \"SIGTERM\"" },
		{ "239 short", FROM "STOPSIGNAL term\n", NULL, "config signal \"term\"" },
		{ "239 real time", FROM "STOPSIGNAL RTMIN+3\n", NULL,
		  "config signal \"RTMIN+3\"" },
		{ "239 unknown", FROM "STOPSIGNAL FOO\n", NULL,
		  ERROR "invalid signal: FOO" },
		{ "239 zero", FROM "STOPSIGNAL 0\n", NULL, ERROR "invalid signal: 0" },
		{ "240", FROM "MAINTAINER A <a@b>\n", NULL,
		  "config author \"A <a@b>\"\nempty MAINTAINER A <a@b>" },
		{ "241", FROM "USER a b\n", NULL, "config user \"a b\"\nempty USER a b" },
		{ "241 empty", "FROM full\nUSER $N\n", NULL,
		  "config user \"\"\nempty USER " },
		{ "37 flags", FROM "STOPSIGNAL --x 9\nARG --foo bar\n", NULL,
		  "config signal \"9\"\nempty ARG bar" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
workdir_goes_on_from_where_it_is(void **state)
{
	static const struct plan_row rows[] = {
		{ "242", FROM "WORKDIR /a\nWORKDIR b\nWORKDIR ../c/.\n", NULL,
		  "mkdir \"/a\" user \"\"\nmkdir \"/a/b\" user \"\"\n"
		  "mkdir \"/a/c\" user \"\"\nconfig workdir \"/a/c\"\n"
		  "history WORKDIR /a\nhistory WORKDIR /a/b\nhistory WORKDIR /a/c" },
		{ "242 above the root", FROM "WORKDIR ../../x\n", NULL,
		  "config workdir \"/x\"" },
		{ "242 of the base", "FROM full\nWORKDIR x\n", NULL,
		  "config workdir \"/srv/x\"" },
		{ "242 unset", "FROM full\nWORKDIR $X\n", NULL,
		  "mkdir \"/srv\" user \"app\"\nhistory WORKDIR /srv" },
		{ "243", FROM "USER 12:34\nWORKDIR /w/x\n", NULL,
		  "mkdir \"/w/x\" user \"12:34\"" },
		{ "244 again", FROM "WORKDIR /a\nWORKDIR /a\n", NULL,
		  "1 mkdir \"/a\" user \"\"\n2 mkdir \"/a\" user \"\"" },
		{ "245", FROM "WORKDIR /\n", NULL,
		  "result 0 stage 0 platform linux/amd64\nempty WORKDIR /" },
		{ "246", FROM "WORKDIR /a//b/\n", NULL,
		  "mkdir \"/a//b/\" user \"\"\nconfig workdir \"/a//b/\"\n"
		  "history WORKDIR /a//b/" },
		{ "4.4 blanks", FROM "WORKDIR /a b\n", NULL, "mkdir \"/a b\" user \"\"" },
		{ "4.4 nothing", FROM "WORKDIR\n", NULL,
		  ON_2 "WORKDIR requires exactly one argument" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

/* Section 4 and rows 342 to 347: what is left in the history. */
static void
history_tells_what_was_done(void **state)
{
	static const struct plan_row rows[] = {
		{ "342 order",
		  "FROM full\nARG a=1\nENV b=2\nRUN c\nLABEL d=3\nCOPY e /f\n", NULL,
		  "empty ARG a=1\nempty ENV b=2\n"
		  "history RUN |1 a=1 /bin/sh -c c # buildkit\nempty LABEL d=3\n"
		  "history COPY e /f # buildkit" },
		{ "345", FROM "ARG foo=bar bar=123\nENV foo=bar2\nARG u\nRUN x\n", NULL,
		  "history RUN |3 foo=bar2 bar=123 u= /bin/sh -c x # buildkit" },
		{ "345 base stage first",
		  "FROM scratch AS a\nARG z=1 y=2\nFROM a\nARG x=3 z=4\nRUN x\n", NULL,
		  "history RUN |3 z=4 y=2 x=3 /bin/sh -c x # buildkit" },
		{ "346", FROM "CMD [\"\\u0001\xC3\xA9\\t\\\\\"]\n", NULL,
		  "empty CMD [\"\\x01\xC3\xA9\\t\\\\\"]" },
		{ "347", "FROM scratch AS a\nONBUILD ENV b=1\nFROM a\n", NULL,
		  "empty ENV b=1" },
		{ "28 a step that changes nothing", FROM "RUN true\n", NULL,
		  "history RUN /bin/sh -c true # buildkit" },
		{ "mounts are not told", FROM "RUN --network=none --mount=target=/a x\n",
		  NULL, "history RUN /bin/sh -c x # buildkit" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cmd_and_entrypoint_follow_their_rules),
		cmocka_unit_test(health_is_replaced_as_a_whole),
		cmocka_unit_test(ports_are_ranges_of_numbers_with_protocols),
		cmocka_unit_test(single_values_are_replaced),
		cmocka_unit_test(workdir_goes_on_from_where_it_is),
		cmocka_unit_test(history_tells_what_was_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
