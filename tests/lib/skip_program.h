/*
 * skip_program: what a program does that cannot run here: one test that is skipped, so that
 * nobody takes it for one that passed, or that has no tests.
 */
#ifndef TESTS_LIB_SKIP_PROGRAM_H
#define TESTS_LIB_SKIP_PROGRAM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *skip_reason;

static inline void
all_of_the_program(void **state)
{
	(void)state;
	print_message("%s\n", skip_reason);
	skip();
}

/* MISSING names the primitive. Returns the program's status. */
static inline int
skip_program(const char *missing)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_of_the_program) };

	skip_reason = missing;
	return cmocka_run_group_tests_name("skipped", tests, NULL, NULL);
}

#endif
