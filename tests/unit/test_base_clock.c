#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static void
times_print_as_in_go_and_read_back(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 1, "1970-01-01T00:00:00.000000001Z" },
		{ -1, "1969-12-31T23:59:59.999999999Z" },
		{ -NS_PER_S, "1969-12-31T23:59:59Z" },
		{ NS_PER_S / 2, "1970-01-01T00:00:00.5Z" },
		{ 951782400 * NS_PER_S, "2000-02-29T00:00:00Z" },
		{ 1795508225 * NS_PER_S + 120000000, "2026-11-24T08:17:05.12Z" },
		{ INT64_MAX, "2262-04-11T23:47:16.854775807Z" },
		{ INT64_MIN + 1, "1677-09-21T00:12:43.145224193Z" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[CLOCK_TEXT_MAX];
		int64_t back = 7;

		assert_string_equal(clock_print(rows[i].ns, text), rows[i].text);
		if (rows[i].ns > INT64_MIN + NS_PER_S)
			assert_true(clock_parse(text_of(text), &back) &&
			            back == rows[i].ns);
	}
}

static void
offsets_and_long_fractions_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} rows[] = {
		{ "1970-01-01T01:00:00+01:00", 0 },
		{ "1969-12-31T18:30:00-05:30", 0 },
		{ "1970-01-01T00:00:00-00:00", 0 },
		{ "1970-01-01T00:00:01.1234567899Z", 1123456789 },
		{ "1970-01-01T00:00:00.000Z", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t got = 7;

		assert_true(clock_parse(text_of(rows[i].text), &got));
		assert_int_equal(got, rows[i].ns);
	}
}

static void
malformed_and_far_times_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"1970-01-01",
		"1970-01-01T00:00:00",
		"1970-01-01 00:00:00Z",
		"1970-01-01T00:00:00z",
		"1970-01-01T00:00Z",
		"1970-1-01T00:00:00Z",
		"1970-13-01T00:00:00Z",
		"1970-00-01T00:00:00Z",
		"1970-01-00T00:00:00Z",
		"1970-04-31T00:00:00Z",
		"1900-02-29T00:00:00Z",
		"2023-02-29T00:00:00Z",
		"1970-01-01T24:00:00Z",
		"1970-01-01T00:60:00Z",
		"1970-01-01T00:00:60Z",
		"1970-01-01T00:00:00.Z",
		"1970-01-01T00:00:00,5Z",
		"1970-01-01T00:00:00+0100",
		"1970-01-01T00:00:00+24:00",
		"1970-01-01T00:00:00Zx",
		" 1970-01-01T00:00:00Z",
		"0001-01-01T00:00:00Z",
		"2262-04-11T23:47:16.854775808Z",
		"9999-12-31T23:59:59Z",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int64_t got = 7;

		if (clock_parse(text_of(bad[i]), &got) || got != 7)
			fail_msg("%s is taken", bad[i]);
	}
}

static void
clocks_go_forward(void **state)
{
	int64_t a = clock_monotonic_ns(), b = clock_monotonic_ns();

	(void)state;
	assert_true(a <= b);
	assert_true(clock_wall_ns() > 1600000000 * NS_PER_S);
}

static void
a_wait_ends_though_nothing_changes(void **state)
{
	pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int64_t start_ns = clock_monotonic_ns();

	(void)state;
	pthread_mutex_lock(&lock);
	/* It may end early, like any wait for a condition. */
	while (clock_monotonic_ns() - start_ns < 4 * NS_PER_MS)
		clock_wait(&changed, &lock, 2 * NS_PER_MS);
	assert_int_equal(pthread_mutex_unlock(&lock), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_print_as_in_go_and_read_back),
		cmocka_unit_test(offsets_and_long_fractions_are_read),
		cmocka_unit_test(malformed_and_far_times_are_refused),
		cmocka_unit_test(clocks_go_forward),
		cmocka_unit_test(a_wait_ends_though_nothing_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
