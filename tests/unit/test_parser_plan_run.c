#include "tests/lib/plan_facts.h"

#define FROM   "FROM scratch\n"
#define RUN(x) FROM "RUN " x " cmd\n"
#define ERROR  "error 2-2: "
#define IS_RUN "run \"/bin/sh\" \"-c\" "

static void
commands_go_to_the_shell_unless_they_are_json(void **state)
{
	static const struct plan_row rows[] = {
		{ "178", FROM "RUN echo  a\n", NULL,
		  IS_RUN "\"echo  a\"\nhistory RUN /bin/sh -c echo  a # buildkit" },
		{ "178 shell", FROM "SHELL [\"/bin/bash\", \"-ec\"]\nRUN a\n", NULL,
		  "run \"/bin/bash\" \"-ec\" \"a\"\nconfig shell \"/bin/bash\" \"-ec\"\n"
		  "empty SHELL [/bin/bash -ec]\nhistory RUN /bin/bash -ec a # buildkit" },
		{ "178 of the base", "FROM shelled\nRUN a\n", NULL,
		  "run \"/bin/bash\" \"-c\" \"a\"" },
		{ "227 of a stage", FROM "SHELL [\"x\"]\nFROM scratch AS b\nRUN a\n",
		  NULL, IS_RUN "\"a\"" },
		{ "179", FROM "RUN [\"a\", \"b c\"]\n", NULL,
		  "run \"a\" \"b c\"\nhistory RUN a b c # buildkit" },
		{ "180", FROM "RUN\n", NULL,
		  IS_RUN "\"\"\nhistory RUN /bin/sh -c  # buildkit" },
		{ "48", FROM "RUN []\n", NULL, ERROR "arguments are required" },
		{ "continuation", FROM "RUN a \\\n  b\n", NULL,
		  IS_RUN "\"a   b\"\nhistory RUN /bin/sh -c a   b # buildkit" },
		{ "183", FROM "USER a:b\nWORKDIR /w\nRUN x\n", NULL,
		  "run in \"/w\" user \"a:b\" network default" },
		{ "241 user reset", FROM "USER a\nUSER $N\nRUN x\n", NULL,
		  "run in \"/\" user \"\" network default" },
		{ "182 of the base", "FROM full\nRUN x\n", NULL,
		  "run in \"/srv\" user \"app\" network default" },
		{ "190 hosts", FROM "RUN x\n", "host=a=1.2.3.4 host=b=::1",
		  "run host a=1.2.3.4\nrun host b=::1" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
heredocs_are_scripts_or_are_left_to_the_shell(void **state)
{
	static const struct plan_row rows[] = {
		{ "52", FROM "ENV x=1\nRUN <<E\na $x\nb\nE\n", NULL,
		  IS_RUN "\"a $x\\nb\\n\"\nhistory RUN /bin/sh -c a $x\nb\n # buildkit" },
		{ "53", FROM "RUN <<-E\n\t\ta\n\tb\n\tE\n", NULL, IS_RUN "\"a\\nb\\n\"" },
		{ "54", FROM "RUN <<E\nE \nE\n", NULL, IS_RUN "\"E \\n\"" },
		{ "55", FROM "RUN <<E\n#!/bin/x\na\nE\n", NULL,
		  IS_RUN "\"/dev/pipes/E\"\nscript \"/dev/pipes/E\" \"#!/bin/x\\na\\n\"\n"
		         "history RUN /bin/sh -c /dev/pipes/E # buildkit" },
		{ "55 chomp", FROM "RUN <<-E\n#!/bin/x\n\ta\nE\n", NULL,
		  "script \"/dev/pipes/E\" \"#!/bin/x\\na\\n\"" },
		{ "56", FROM "SHELL [\"awk\"]\nRUN <<E\nBEGIN {}\nE\n", NULL,
		  "run \"awk\" \"BEGIN {}\\n\"" },
		{ "57", FROM "RUN cat <<A | x; cat <<B\n1\nA\n2\nB\n", NULL,
		  IS_RUN "\"cat <<A | x; cat <<B\\n1\\nA\\n2\\nB\"" },
		{ "58", FROM "RUN 3<<E cmd\nx\nE\n", NULL,
		  IS_RUN "\"3<<E cmd\\nx\\nE\"" },
		{ "1.7 file number alone", FROM "RUN 3<<E\nx\nE\n", NULL,
		  IS_RUN "\"x\\n\"" },
		{ "59", FROM "RUN \"<<E\"\n", NULL, IS_RUN "\"\\\"<<E\\\"\"" },
		{ "1.7 flags before", FROM "RUN --network=none <<E\nx\nE\n", NULL,
		  IS_RUN "\"x\\n\"" },
		{ "2 carriage returns stay", FROM "RUN <<E\r\na\r\nE\r\n", NULL,
		  IS_RUN "\"a\\r\\n\"" },
		{ "72", FROM "RUN <<E\n# a\nb \\\nE\n", NULL,
		  IS_RUN "\"# a\\nb \\\\\\n\"" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
the_network_and_privileges_need_permission(void **state)
{
	static const struct plan_row rows[] = {
		{ "191 none", RUN("--network=none"), NULL,
		  "run in \"/\" user \"\" network none" },
		{ "191 default", RUN("--network=default"), "network=none",
		  "run in \"/\" user \"\" network none" },
		{ "191 of the command line", RUN(""), "network=host",
		  "run in \"/\" user \"\" network host" },
		{ "191 refused", RUN("--network=host"), NULL,
		  ERROR "network.host is not allowed" },
		{ "191 allowed", RUN("--network=host"), "allow-host",
		  "run in \"/\" user \"\" network host" },
		{ "191 bad", RUN("--network=foo"), NULL,
		  ERROR
		  "dockerfile parse error on line 2: invalid network mode \"foo\"" },
		{ "192 refused", RUN("--security=insecure"), NULL,
		  ERROR "security.insecure is not allowed" },
		{ "192 allowed", RUN("--security=insecure"), "allow-insecure",
		  "run in \"/\" user \"\" network default insecure" },
		{ "192 sandbox", RUN("--security=sandbox"), NULL,
		  "run in \"/\" user \"\" network default" },
		{ "192 bad", RUN("--security=x"), NULL,
		  ERROR "dockerfile parse error on line 2: security \"x\" is not valid" },
		{ "193", RUN("--device=x"), NULL,
		  ERROR "device feature is only supported in Dockerfile frontend "
		        "1.14.0-labs or later" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
bind_mounts_show_files_of_other_places(void **state)
{
	static const struct plan_row rows[] = {
		{ "199", RUN("--mount=target=/t"), NULL,
		  "local\nmount bind from 1 source \"/\" target \"/t\" ro" },
		{ "200", RUN("--mount=target=/t,rw"), NULL,
		  "mount bind from 1 source \"/\" target \"/t\"" },
		{ "219 rw=false", RUN("--mount=target=/t,rw=false"), NULL,
		  "mount bind from 1 source \"/\" target \"/t\" ro" },
		{ "219 readonly=0", RUN("--mount=target=/t,readonly=0"), NULL,
		  "mount bind from 1 source \"/\" target \"/t\"" },
		{ "219 ro", RUN("--mount=TYPE=bind,dst=/t,ro,src=a/../b"), NULL,
		  "mount bind from 1 source \"/b\" target \"/t\" ro" },
		{ "216", FROM "WORKDIR /w\nRUN --mount=destination=t x\n", NULL,
		  "mount bind from 2 source \"/\" target \"/w/t\" ro" },
		{ "217", RUN("--mount=target=/"), NULL,
		  ERROR "invalid mount target \"/\"" },
		{ "217 missing", FROM "RUN --mount=source=a x\n", NULL,
		  ERROR "invalid mount target \"/\"" },
		{ "221", RUN("--mount='\"target=/a,b\"'"), NULL,
		  "mount bind from 1 source \"/\" target \"/a,b\" ro" },
		{ "5.1 last one covers", RUN("--mount=target=/a --mount=target=/a,rw"),
		  NULL,
		  "mount bind from 1 source \"/\" target \"/a\" ro\n"
		  "mount bind from 1 source \"/\" target \"/a\"" },
		{ "220", RUN("--mount=target=/a,mode=700"), NULL,
		  ERROR "mode not allowed for \"bind\" type mounts" },
		{ "220 uid", RUN("--mount=target=/a,uid=1"), NULL,
		  ERROR "uid not allowed for \"bind\" type mounts" },
		{ "220 size", RUN("--mount=target=/a,size=1"), NULL,
		  ERROR "unexpected key 'size' for mount type 'bind'" },
		{ "220 required", RUN("--mount=target=/a,required"), NULL,
		  ERROR "unexpected key 'required' for mount type 'bind'" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
caches_and_tmpfs_have_options(void **state)
{
	static const struct plan_row rows[] = {
		{ "203", RUN("--mount=type=cache,target=/c//d/"), NULL,
		  "mount cache source \"/\" target \"/c/d\" id \"//c/d\" shared" },
		{ "204", RUN("--mount=type=cache,target=/c,id=x,sharing=locked"), NULL,
		  "mount cache source \"/\" target \"/c\" id \"/x\" locked" },
		{ "204 private", RUN("--mount=type=cache,target=/c,sharing=private"),
		  NULL, "mount cache source \"/\" target \"/c\" id \"//c\" private" },
		{ "204 ro", RUN("--mount=type=cache,target=/c,ro"), NULL,
		  "mount cache source \"/\" target \"/c\" id \"//c\" ro shared" },
		{ "205", RUN("--mount=type=cache,target=/c,mode=0700,uid=1,gid=2"), NULL,
		  "mount cache source \"/\" target \"/c\" id \"//c\" shared mode 700 ids "
		  "1:2" },
		{ "206",
		  "FROM scratch AS a\nRUN a\n" RUN("--mount=type=cache,target=/c,from=a,"
		                                   "source=s"),
		  NULL,
		  "mount cache from 1 source \"/s\" target \"/c\" id \"//c\" shared" },
		{ "208", RUN("--mount=type=tmpfs,target=/t,size=10m"), NULL,
		  "mount tmpfs source \"/\" target \"/t\" size 10485760" },
		{ "208 fraction", RUN("--mount=type=tmpfs,target=/t,size=1.5m"), NULL,
		  "mount tmpfs source \"/\" target \"/t\" size 1572864" },
		{ "203 case", RUN("--mount=type=CACHE,target=/c,sharing=LOCKED"), NULL,
		  "mount cache source \"/\" target \"/c\" id \"//c\" locked" },
		{ "203 mixed case", RUN("--mount=Type=Cache,Target=/c,sharing=Private"),
		  NULL, "mount cache source \"/\" target \"/c\" id \"//c\" private" },
		{ "5.1 no uid", RUN("--mount=type=cache,target=/c,uid=4294967295"), NULL,
		  ERROR "invalid value 4294967295 for uid" },
		{ "5.1 no gid", RUN("--mount=type=cache,target=/c,gid=4294967296"), NULL,
		  ERROR "invalid value 4294967296 for gid" },
		{ "208 no size", RUN("--mount=type=tmpfs,target=/t"), NULL,
		  "mount tmpfs source \"/\" target \"/t\"" },
		{ "208 bad size", RUN("--mount=type=tmpfs,target=/t,size=x"), NULL,
		  ERROR "invalid value for size: x" },
		{ "218 sharing", RUN("--mount=type=cache,target=/c,sharing=lockd"), NULL,
		  ERROR "unsupported sharing value \"lockd\" (did you mean locked?)" },
		{ "5.1 sharing of others", RUN("--mount=target=/c,sharing=locked"), NULL,
		  ERROR "invalid cache sharing set for bind mount" },
		{ "218 type", RUN("--mount=type=chace,target=/c"), NULL,
		  ERROR "unsupported mount type \"chace\" (did you mean cache?)" },
		{ "218 far", RUN("--mount=type=nothing,target=/c"), NULL,
		  ERROR "unsupported mount type \"nothing\"" },
		{ "218 key", RUN("--mount=tpye=cache"), NULL,
		  ERROR "unexpected key 'tpye' in 'tpye=cache' (did you mean type?)" },
		{ "5.1 bare", RUN("--mount=foo"), NULL,
		  ERROR "invalid field 'foo' must be a key=value pair" },
		{ "5.1 bare target", RUN("--mount=target"), NULL,
		  ERROR "invalid field 'target' must be a key=value pair" },
		{ "5.1 order matters", RUN("--mount=size=1m,type=tmpfs,target=/x"), NULL,
		  ERROR "unexpected key 'size' for mount type 'bind'" },
		{ "5.1 mode", RUN("--mount=type=cache,target=/c,mode=9"), NULL,
		  ERROR "invalid value 9 for mode" },
		{ "5.1 readonly", RUN("--mount=target=/c,ro=x"), NULL,
		  ERROR "invalid value for ro: x" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

static void
secrets_and_agents_are_files_or_variables(void **state)
{
	static const struct plan_row rows[] = {
		{ "209", RUN("--mount=type=secret,id=s"), NULL,
		  "mount secret target \"/run/secrets/s\" id \"s\" ro" },
		{ "209 base name", RUN("--mount=type=secret,id=a/s"), NULL,
		  "mount secret target \"/run/secrets/s\" id \"a/s\" ro" },
		{ "209 source", RUN("--mount=type=secret,source=s"), NULL,
		  "mount secret target \"/run/secrets/s\" id \"s\" ro" },
		{ "209 target alone", RUN("--mount=type=secret,target=/a/b"), NULL,
		  "mount secret target \"/a/b\" id \"b\" ro" },
		{ "210",
		  FROM "WORKDIR /w\nRUN --mount=type=secret,id=s,target=t,uid=1,gid=2,"
		       "mode=0440 x\n",
		  NULL, "mount secret target \"/w/t\" id \"s\" ro mode 440 ids 1:2" },
		{ "211", RUN("--mount=type=secret,id=s,env=E"), NULL,
		  "mount secret id \"s\" env \"E\" ro" },
		{ "212", RUN("--mount=type=secret,id=s,env=E,target=/t"), NULL,
		  "mount secret target \"/t\" id \"s\" env \"E\" ro" },
		{ "211 name hides it",
		  FROM "ENV E=1\nRUN --mount=type=secret,id=s,env=E echo $E\n", NULL,
		  "name \"[1/1] RUN --mount=type=secret,id=s,env=E echo ****\"\n"
		  "history RUN /bin/sh -c echo $E # buildkit" },
		{ "213", RUN("--mount=type=secret,id=s,required"), NULL,
		  "mount secret target \"/run/secrets/s\" id \"s\" ro required" },
		{ "213 =false", RUN("--mount=type=secret,id=s,required=false"), NULL,
		  "mount secret target \"/run/secrets/s\" id \"s\" ro" },
		{ "214", RUN("--mount=type=secret,id=s"), NULL,
		  "history RUN /bin/sh -c cmd # buildkit" },
		{ "5.1 no name", RUN("--mount=type=secret"), NULL,
		  ERROR "invalid secret mount. one of source, target required" },
		{ "5.1 from", RUN("--mount=type=secret,id=s,from=a"), NULL,
		  ERROR "secret mount should not have a from" },
		{ "5.1 both", RUN("--mount=type=secret,id=s,source=a"), NULL,
		  ERROR "both source and id can't be set" },
		{ "5.1 sharing", RUN("--mount=type=secret,id=s,sharing=locked"), NULL,
		  ERROR "invalid cache sharing set for secret mount" },
		{ "215", RUN("--mount=type=ssh"), NULL,
		  "mount ssh target \"/run/buildkit/ssh_agent.0\" id \"default\" ro" },
		{ "215 second", RUN("--mount=type=ssh --mount=type=ssh,id=b"), NULL,
		  "mount ssh target \"/run/buildkit/ssh_agent.1\" id \"b\" ro" },
		{ "215 all", RUN("--mount=type=ssh,id=a,target=/s,required,uid=1"), NULL,
		  "mount ssh target \"/s\" id \"a\" ro required ids 1:0" },
		{ "5.1 ssh source", RUN("--mount=type=ssh,source=a"), NULL,
		  ERROR "ssh does not support source" },
	};

	(void)state;
	CHECK_PLANS(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_go_to_the_shell_unless_they_are_json),
		cmocka_unit_test(heredocs_are_scripts_or_are_left_to_the_shell),
		cmocka_unit_test(the_network_and_privileges_need_permission),
		cmocka_unit_test(bind_mounts_show_files_of_other_places),
		cmocka_unit_test(caches_and_tmpfs_have_options),
		cmocka_unit_test(secrets_and_agents_are_files_or_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
