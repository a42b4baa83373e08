#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/own.h"
#include "base/platform.h"

static void
texts_are_normalised(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "linux/amd64", "linux/amd64" },
		{ "Linux/x86_64", "linux/amd64" },
		{ "linux/x86-64/v3", "linux/amd64/v3" },
		{ "linux/amd64/v1", "linux/amd64" },
		{ "linux/aarch64", "linux/arm64" },
		{ "linux/arm64/v8", "linux/arm64" },
		{ "linux/aarch64/8", "linux/arm64" },
		{ "linux/arm64/v9", "linux/arm64/v9" },
		{ "linux/arm", "linux/arm/v7" },
		{ "linux/arm/7", "linux/arm/v7" },
		{ "linux/arm/v6", "linux/arm/v6" },
		{ "linux/armhf", "linux/arm/v7" },
		{ "linux/armel", "linux/arm/v6" },
		{ "linux/i386", "linux/386" },
		{ "macOS/arm64", "darwin/arm64" },
		{ "linux/riscv64", "linux/riscv64" },
		{ "unknown/unknown", "unknown/unknown" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_platform struct platform p = PLATFORM_INIT;
		auto_error struct error err = ERROR_INIT;
		auto_free char *text = NULL;

		assert_int_equal(platform_parse(&p, text_of(rows[i].in), &err), 0);
		text = platform_print(&p);
		assert_string_equal(text, rows[i].out);
		assert_non_null(p.variant);
		assert_string_equal(p.os_version, "");
	}
}

static void
what_a_single_part_leaves_open_is_the_host(void **state)
{
	auto_platform struct platform host = PLATFORM_INIT, p = PLATFORM_INIT;
	auto_error struct error err = ERROR_INIT;

	(void)state;
	platform_host(&host);
	assert_string_equal(host.os, "linux");
	assert_int_equal(platform_parse(&p, TEXT("local"), &err), 0);
	assert_true(platform_equal(&p, &host));
	assert_int_equal(platform_parse(&p, TEXT("linux"), &err), 0);
	assert_true(platform_equal(&p, &host));
	assert_int_equal(platform_parse(&p, TEXT("s390x"), &err), 0);
	assert_string_equal(p.os, "linux");
	assert_string_equal(p.arch, "s390x");
	assert_int_equal(platform_parse(&p, TEXT("windows"), &err), 0);
	assert_string_equal(p.os, "windows");
	assert_string_equal(p.arch, host.arch);
}

static void
malformed_texts_are_refused_and_leave_nothing(void **state)
{
	const struct text bad[] = {
		TEXT(""),
		TEXT("/"),
		TEXT("linux/"),
		TEXT("/amd64"),
		TEXT("linux//v7"),
		TEXT("a/b/c/d"),
		TEXT("linux/*"),
		TEXT("nonsense"),
		TEXT("linux amd64"),
		TEXT("linux/amd64\0"),
		TEXT("linux/\xC3\xA4"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		auto_platform struct platform p = PLATFORM_INIT;
		auto_error struct error err = ERROR_INIT;

		platform_set(&p, "linux", "amd64", NULL, NULL);
		assert_int_equal(platform_parse(&p, bad[i], &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
		assert_null(p.os);
	}
}

static void
set_by_texts(struct platform *p, const char *text)
{
	auto_error struct error err = ERROR_INIT;

	assert_int_equal(platform_parse(p, text_of(text), &err), 0);
}

static void
nearer_platforms_rank_higher(void **state)
{
	/* Best first; the one after the NULL does not match. */
	static const char *const rows[][10] = {
		{ "linux/amd64", "linux/amd64", "linux/386", NULL, "linux/amd64/v2" },
		{ "linux/amd64/v3", "linux/amd64/v3", "linux/amd64/v2", "linux/amd64",
		  "linux/386", NULL, "linux/amd64/v4" },
		{ "linux/386", "linux/386", NULL, "linux/amd64" },
		{ "linux/arm64", "linux/arm64", "linux/arm/v8", "linux/arm/v7",
		  "linux/arm/v6", "linux/arm/v5", NULL, "linux/arm64/v9" },
		{ "linux/arm64/v9", "linux/arm64/v9", "linux/arm64", "linux/arm/v7", NULL,
		  "linux/amd64" },
		{ "linux/arm/v7", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5", NULL,
		  "linux/arm/v8" },
		{ "linux/arm/v6", "linux/arm/v6", "linux/arm/v5", NULL, "linux/arm" },
		{ "linux/s390x", "linux/s390x", NULL, "linux/amd64" },
		{ "linux/mips/odd", "linux/mips/odd", NULL, "linux/mips" },
		{ "linux/amd64", NULL, "windows/amd64" },
		{ "linux/arm64", NULL, "linux/arm/odd" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_platform struct platform want = PLATFORM_INIT, have = PLATFORM_INIT;
		int rank, before = 1000;
		size_t j = 1;

		set_by_texts(&want, rows[i][0]);
		for (; rows[i][j] != NULL; j++) {
			set_by_texts(&have, rows[i][j]);
			rank = platform_match(&want, &have);
			if (rank <= 0 || rank >= before)
				fail_msg("%s takes %s with %d", rows[i][0], rows[i][j],
				         rank);
			before = rank;
		}
		set_by_texts(&have, rows[i][j + 1]);
		assert_int_equal(platform_match(&want, &have), 0);
	}
}

static void
copies_are_equal_and_independent(void **state)
{
	auto_platform struct platform a = PLATFORM_INIT, b = PLATFORM_INIT,
	                              none = PLATFORM_INIT;

	(void)state;
	platform_set(&a, "windows", "amd64", NULL, "10.0.17763");
	platform_copy(&b, &a);
	assert_true(platform_equal(&a, &b));
	platform_set(&b, b.os, b.arch, b.variant, "11");
	assert_false(platform_equal(&a, &b));
	platform_copy(&b, &none);
	assert_null(b.os);
	assert_int_equal(platform_match(&a, &none), 0);
	platform_clear(&b);
}

static void
misspelt_platforms_are_refused_with_a_suggestion(void **state)
{
	static const struct {
		const char *text, *hint; /* NULL: it is taken */
	} rows[] = {
		{ "linux/amd64", NULL },
		{ "linux/arm/v7", NULL },
		{ "linux/riscv64", NULL },
		{ "linux/newchip", NULL },
		{ "wasip1/wasm", NULL },
		{ "linux/arm46", "did you mean linux/arm64?" },
		{ "linux/amd46", "did you mean linux/amd64?" },
		{ "linux/risc64", "did you mean linux/riscv64?" },
		{ "linus/amd64", "did you mean linux/amd64?" },
		{ "amd64/linux", "did you mean linux/amd64?" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_platform struct platform p = PLATFORM_INIT;

		assert_int_equal(platform_parse(&p, text_of(rows[i].text), &err), 0);
		assert_int_equal(platform_check_spelling(&p, &err),
		                 rows[i].hint == NULL ? 0 : -1);
		if (rows[i].hint != NULL)
			assert_string_equal(err.hint, rows[i].hint);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_normalised),
		cmocka_unit_test(what_a_single_part_leaves_open_is_the_host),
		cmocka_unit_test(malformed_texts_are_refused_and_leave_nothing),
		cmocka_unit_test(nearer_platforms_rank_higher),
		cmocka_unit_test(misspelt_platforms_are_refused_with_a_suggestion),
		cmocka_unit_test(copies_are_equal_and_independent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
