#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/number.h"

static void
decimal_numbers_are_strict(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t value;
	} rows[] = {
		{ "0", true, 0 },
		{ "007", true, 7 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "99999999999999999999999", false, 0 },
		{ "", false, 0 },
		{ "+1", false, 0 },
		{ "-1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "0x1", false, 0 },
		{ "1a", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint64_t got = 99;

		assert_int_equal(number_u64(text_of(rows[i].text), &got), rows[i].ok);
		assert_int_equal(got, rows[i].ok ? rows[i].value : 99);
	}
}

static void
signed_numbers_reach_both_ends(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t value;
	} rows[] = {
		{ "-9223372036854775808", true, INT64_MIN },
		{ "-9223372036854775809", false, 0 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "9223372036854775808", false, 0 },
		{ "+5", true, 5 },
		{ "-0", true, 0 },
		{ "-", false, 0 },
		{ "--1", false, 0 },
		{ "", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t got = 99;

		assert_int_equal(number_i64(text_of(rows[i].text), &got), rows[i].ok);
		assert_true(got == (rows[i].ok ? rows[i].value : 99));
	}
}

static void
narrow_and_octal_numbers_are_bounded(void **state)
{
	uint32_t got = 1;

	(void)state;
	assert_true(number_u32(TEXT("4294967295"), &got) && got == UINT32_MAX);
	assert_false(number_u32(TEXT("4294967296"), &got));
	assert_true(number_octal(TEXT("0755"), &got) && got == 0755);
	assert_true(number_octal(TEXT("37777777777"), &got) && got == UINT32_MAX);
	assert_false(number_octal(TEXT("40000000000"), &got));
	assert_false(number_octal(TEXT("8"), &got));
	assert_false(number_octal(TEXT("0o7"), &got));
	assert_int_equal(got, UINT32_MAX);
}

static void
sizes_take_suffixes(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t value;
	} rows[] = {
		{ "0", true, 0 },
		{ "10", true, 10 },
		{ "10b", true, 10 },
		{ "1k", true, 1024 },
		{ "1K", true, 1024 },
		{ "2kb", true, 2048 },
		{ "2KiB", true, 2048 },
		{ "3m", true, 3 << 20 },
		{ "64MB", true, 64 << 20 },
		{ "1g", true, 1 << 30 },
		{ "1T", true, (uint64_t)1 << 40 },
		{ "1p", true, (uint64_t)1 << 50 },
		{ "16383p", true, (uint64_t)16383 << 50 },
		{ "1.5k", true, 1536 },
		{ "0.5g", true, 512 << 20 },
		{ ".25MiB", true, 256 << 10 },
		{ "2.", true, 2 },
		{ "1.9", true, 1 },
		{ "16383.5p", true, ((uint64_t)16383 << 50) + ((uint64_t)1 << 49) },
		{ "16384p", false, 0 },
		{ ".", false, 0 },
		{ ".k", false, 0 },
		{ "1.5.5k", false, 0 },
		{ "1,5k", false, 0 },
		{ "1bb", false, 0 },
		{ "1kk", false, 0 },
		{ "1ki", false, 0 },
		{ "1 k", false, 0 },
		{ "k", false, 0 },
		{ "", false, 0 },
		{ "1x", false, 0 },
		{ "-1k", false, 0 },
		{ "1\x0B", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint64_t got = 99;

		assert_int_equal(number_size(text_of(rows[i].text), &got), rows[i].ok);
		assert_true(got == (rows[i].ok ? rows[i].value : 99));
	}
}

#define SECOND ((int64_t)1000000000)

static void
durations_are_those_of_go(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t value;
	} rows[] = {
		{ "0", true, 0 },
		{ "5s", true, 5 * SECOND },
		{ "30s", true, 30 * SECOND },
		{ "1478s", true, 1478 * SECOND },
		{ "-5s", true, -5 * SECOND },
		{ "+5s", true, 5 * SECOND },
		{ "-0", true, 0 },
		{ "5.0s", true, 5 * SECOND },
		{ "5.6s", true, 5600000000 },
		{ "5.s", true, 5 * SECOND },
		{ ".5s", true, SECOND / 2 },
		{ "1.004s", true, 1004000000 },
		{ "100.00100s", true, 100001000000 },
		{ "10ns", true, 10 },
		{ "11us", true, 11000 },
		{ "12\xC2\xB5s", true, 12000 },
		{ "12\xCE\xBCs", true, 12000 },
		{ "13ms", true, 13000000 },
		{ "15m", true, 900 * SECOND },
		{ "3h30m", true, 12600 * SECOND },
		{ "10.5s4m", true, 250500000000 },
		{ "-2m3.4s", true, -123400000000 },
		{ "1h2m3s4ms5us6ns", true, 3723004005006 },
		{ "39h9m14.425s", true, 140954425000000 },
		{ "52763797000ns", true, 52763797000 },
		{ "0.3333333333333333333h", true, 1200 * SECOND },
		{ "9223372036854775807ns", true, INT64_MAX },
		{ "9223372036854775.807us", true, INT64_MAX },
		{ "9223372036s854ms775us807ns", true, INT64_MAX },
		{ "-9223372036854775808ns", true, INT64_MIN },
		{ "-9223372036854775.808us", true, INT64_MIN },
		{ "0.100000000000000000000h", true, 360 * SECOND },
		{ "", false, 0 },
		{ "3", false, 0 },
		{ "-", false, 0 },
		{ "s", false, 0 },
		{ ".", false, 0 },
		{ "-.", false, 0 },
		{ ".s", false, 0 },
		{ "+.s", false, 0 },
		{ "1d", false, 0 },
		{ "1 s", false, 0 },
		{ "9223372036854775808ns", false, 0 },
		{ "9223372036854775.808us", false, 0 },
		{ "9223372036854ms775us808ns", false, 0 },
		{ "3000000h", false, 0 },
		{ "-9223372036854775809ns", false, 0 },
		{ "9223372036854775807ns9223372036854775807ns9223372036854775807ns",
		  false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t got = 99;

		if (number_duration(text_of(rows[i].text), &got) != rows[i].ok ||
		    got != (rows[i].ok ? rows[i].value : 99))
			fail_msg("%s gives %lld", rows[i].text, (long long)got);
	}
}

static void
booleans_are_those_of_go(void **state)
{
	static const char *const yes[] = { "1", "t", "T", "TRUE", "true", "True" };
	static const char *const no[] = { "0", "f", "F", "FALSE", "false", "False" };
	static const char *const bad[] = { "", "yes", "tRUE", "01", "on", " 1" };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		bool got = false;

		assert_true(number_bool(text_of(yes[i]), &got) && got);
		assert_false(number_bool(text_of(bad[i]), &got));
		assert_true(got);
		assert_true(number_bool(text_of(no[i]), &got) && !got);
	}
}

static void
sizes_print_with_three_digits_or_more(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{ 0, "0B" },
		{ 512, "512B" },
		{ 999, "999B" },
		{ 1000, "1.00kB" },
		{ 1536, "1.54kB" },
		{ 125530, "125.53kB" },
		{ 3620000, "3.62MB" },
		{ 28567000, "28.57MB" },
		{ 1073741824, "1.07GB" },
		{ UINT64_MAX, "18.45EB" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_buf struct buf b = BUF_INIT;

		number_print_size(&b, rows[i].bytes);
		assert_string_equal(buf_str(&b), rows[i].text);
	}
}

static void
durations_print_as_in_go(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} rows[] = {
		{ 0, "0s" },
		{ 1, "1ns" },
		{ 1100, "1.1\xC2\xB5s" },
		{ 2200000, "2.2ms" },
		{ 100000000, "100ms" },
		{ 3300000000, "3.3s" },
		{ 90 * SECOND, "1m30s" },
		{ 245 * SECOND, "4m5s" },
		{ 245001000000, "4m5.001s" },
		{ 18367001000000, "5h6m7.001s" },
		{ 3600 * SECOND, "1h0m0s" },
		{ 480000000001, "8m0.000000001s" },
		{ -1500000000, "-1.5s" },
		{ INT64_MAX, "2562047h47m16.854775807s" },
		{ INT64_MIN, "-2562047h47m16.854775808s" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_buf struct buf b = BUF_INIT;
		int64_t back = 0;

		number_print_duration(&b, rows[i].ns);
		assert_string_equal(buf_str(&b), rows[i].text);
		assert_true(number_duration(buf_text(&b), &back));
		assert_true(back == rows[i].ns);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decimal_numbers_are_strict),
		cmocka_unit_test(signed_numbers_reach_both_ends),
		cmocka_unit_test(narrow_and_octal_numbers_are_bounded),
		cmocka_unit_test(sizes_take_suffixes),
		cmocka_unit_test(durations_are_those_of_go),
		cmocka_unit_test(booleans_are_those_of_go),
		cmocka_unit_test(sizes_print_with_three_digits_or_more),
		cmocka_unit_test(durations_print_as_in_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
