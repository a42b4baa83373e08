/* base64: the vectors of RFC 4648, section 10, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/own.h"

static const struct {
	const char *plain, *digits;
} vectors[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\377\376>?", "//4+Pw==" },
};
#define N_VECTORS (sizeof vectors / sizeof *vectors)

static void
the_vectors_of_the_rfc_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_VECTORS; i++) {
		auto_buf struct buf digits = BUF_INIT, plain = BUF_INIT;

		base64_add(&digits, vectors[i].plain, strlen(vectors[i].plain));
		assert_string_equal(buf_str(&digits), vectors[i].digits);
		assert_true(base64_read(&plain, buf_text(&digits)));
		assert_string_equal(buf_str(&plain), vectors[i].plain);
	}
}

static void
padding_may_be_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_VECTORS; i++) {
		struct text t = text_of(vectors[i].digits);
		auto_buf struct buf plain = BUF_INIT;

		while (text_ends(t, "="))
			t = text_first(t, t.n - 1);
		assert_true(base64_read(&plain, t));
		assert_string_equal(buf_str(&plain), vectors[i].plain);
	}
}

static void
what_is_none_is_refused(void **state)
{
	static const char *const rows[] = { "Z",        "Zm9vY",  "Zm9*",    "Zm 9v",
		                            " Zm9v",    "Zm9v\n", "Z=m9",    "Zm-_",
		                            "Zm9v----", "Zm9v--", "Zm9vYg--" };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_buf struct buf plain = BUF_INIT;

		if (base64_read(&plain, text_of(rows[i])))
			fail_msg("%s was taken", rows[i]);
	}
}

static void
long_texts_have_no_seams(void **state)
{
	enum { N = 200000 };
	auto_free char *bytes = mem_new(N);
	auto_buf struct buf digits = BUF_INIT, plain = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < N; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	base64_add(&digits, bytes, N);
	assert_int_equal(digits.n, (N + 2) / 3 * 4);
	assert_true(base64_read(&plain, buf_text(&digits)));
	assert_int_equal(plain.n, N);
	assert_memory_equal(plain.p, bytes, N);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_the_rfc_both_ways),
		cmocka_unit_test(padding_may_be_missing),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(long_texts_have_no_seams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
