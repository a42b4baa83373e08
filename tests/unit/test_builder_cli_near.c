#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "builder/cli/cmd.h"
#include "builder/cli/near.h"

static void
commands_are_found_by_slips_beginnings_and_other_names(void **state)
{
	static const struct {
		const char *word, *want;
	} rows[] = {
		{ "biuld", "build" }, { "bulid", "build" },   { "buidl", "build" },
		{ "puhs", "push" },   { "plul", "pull" },     { "inspetc", "inspect" },
		{ "Build", "build" }, { "insp", "inspect" },  { "comp", "completion" },
		{ "ls", "images" },   { "gc", "prune" },      { "health", "doctor" },
		{ "p", NULL },        { "pu", NULL },         { "x", NULL },
		{ "", NULL },         { "kubernetes", NULL }, { "abc", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *got = near_command(text_of(rows[i].word));

		assert_string_equal(got == NULL ? "" : got,
		                    rows[i].want == NULL ? "" : rows[i].want);
	}
}

static void
options_are_found_by_slips_beginnings_and_other_names(void **state)
{
	static const struct {
		const struct command *command;
		const char *word, *want;
	} rows[] = {
		{ &cmd_build, "taag", "--tag" },
		{ &cmd_build, "tga", "--tag" },
		{ &cmd_build, "prog", "--progress" },
		{ &cmd_build, "buildarg", "--build-arg" },
		{ &cmd_build, "BUILD-ARG", "--build-arg" },
		{ &cmd_build, "build-agr", "--build-arg" },
		{ &cmd_build, "destinaton", "--destination" },
		{ &cmd_build, "skip-tls-verfy", "--skip-tls-verify" },
		{ &cmd_build, "no", NULL },
		{ &cmd_build, "xyz", NULL },
		{ &cmd_push, "destination", NULL },
		{ &cmd_push, "compresion", "--compression" },
		{ &cmd_prune, "until", NULL },
		{ &cmd_prune, "older", "--older-than" },
		{ &cmd_completion, "anything", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_free char *got = near_option(rows[i].command, text_of(rows[i].word));

		assert_string_equal(got == NULL ? "" : got,
		                    rows[i].want == NULL ? "" : rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_found_by_slips_beginnings_and_other_names),
		cmocka_unit_test(options_are_found_by_slips_beginnings_and_other_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
