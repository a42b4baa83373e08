/* When a health check probes, and which failures count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/count.h"
#include "builder/run/health.h"

#define S NS_PER_S

struct row {
	struct health given;
	int64_t now, next;
	bool counts;
};

static const struct row rows[] = {
	/* The defaults: every 30 seconds, and earlier without counting. */
	{ { .retries = 0 }, 0, 1 * S, false },
	{ { .retries = 0 }, 1 * S, 2 * S, false },
	{ { .retries = 0 }, 17 * S, 30 * S, true },
	{ { .retries = 0 }, 31 * S, 61 * S, true },
	/* A short interval has no earlier ones. */
	{ { .interval = S }, 0, S, true },
	{ { .interval = S }, S + 5, 2 * S + 5, true },
	{ { .interval = S / 2 }, 0, S / 2, true },
	/* In the start period failures do not count. */
	{ { .interval = S, .start_period = 5 * S }, 0, S, false },
	{ { .interval = S, .start_period = 5 * S }, 3 * S, 4 * S, false },
	{ { .interval = S, .start_period = 5 * S }, 4 * S, 5 * S, true },
	{ { .interval = 60 * S, .start_period = 100 * S, .start_interval = 2 * S },
	  2 * S,
	  4 * S,
	  false },
	{ { .interval = 60 * S, .start_period = 10 * S, .start_interval = 2 * S },
	  11 * S,
	  71 * S,
	  true },
	/* No sum overflows. */
	{ { .interval = INT64_MAX }, 0, S, false },
};

static void
probes_have_the_times_of_the_image(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct health_times t = health_times_of(&rows[i].given);
		bool counts = !rows[i].counts;

		assert_true(health_next(&t, rows[i].now, &counts) == rows[i].next);
		assert_int_equal(counts, rows[i].counts);
		assert_true(t.retries > 0 && t.timeout > 0);
	}
}

static void
a_test_is_words_or_a_line_of_the_shell(void **state)
{
	static struct text shell_line[] = { { "CMD-SHELL", 9 }, { "a b", 3 } };
	static struct text words[] = { { "CMD", 3 }, { "a", 1 }, { "b", 1 } };
	static struct text none[] = { { "NONE", 4 } };
	static struct text shell[] = { { "/bin/bash", 9 }, { "-ec", 3 } };
	struct config config = { .has_health = true };
	struct run_words out = { 0 };

	(void)state;
	config.health.test.at = shell_line;
	config.health.test.n = 2;
	assert_true(health_words(&config, &out));
	assert_int_equal(out.list.n, 3);
	assert_true(text_is(out.list.at[0], "/bin/sh") && text_is(out.list.at[2], "a b"));
	array_clear(&out.list);
	config.shell.at = shell;
	config.shell.n = 2;
	assert_true(health_words(&config, &out));
	assert_true(text_is(out.list.at[1], "-ec"));
	array_clear(&out.list);
	config.health.test.at = words;
	config.health.test.n = 3;
	assert_true(health_words(&config, &out));
	assert_int_equal(out.list.n, 2);
	array_clear(&out.list);
	config.health.test.at = none;
	config.health.test.n = 1;
	assert_false(health_words(&config, &out));
	config.has_health = false;
	assert_false(health_words(&config, &out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probes_have_the_times_of_the_image),
		cmocka_unit_test(a_test_is_words_or_a_line_of_the_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
