#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/own.h"

#define EMPTY "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC   "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC_384                                                                          \
	"sha384:cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"        \
	"8086072ba1e7cc2358baeca134c825a7"
#define ABC_512                                                                          \
	"sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"        \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

static void
known_messages_have_known_digests(void **state)
{
	struct digest empty = digest_of(NULL, 0), abc = digest_of("abc", 3);
	char text[DIGEST_TEXT_MAX], hex[DIGEST_HEX_MAX];

	(void)state;
	assert_string_equal(digest_text(&empty, text), EMPTY);
	assert_string_equal(digest_text(&abc, text), ABC);
	assert_string_equal(digest_hex(&abc, hex), &ABC[7]);
	assert_string_equal(digest_alg_name(&abc), "sha256");
}

static void
a_hasher_is_ready_again_after_its_end(void **state)
{
	static const struct {
		enum digest_alg alg;
		const char *abc;
	} rows[] = { { DIGEST_SHA256, ABC },
		     { DIGEST_SHA384, ABC_384 },
		     { DIGEST_SHA512, ABC_512 } };
	char text[DIGEST_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		auto_hasher struct hasher *h = hasher_new(rows[i].alg);

		for (int again = 0; again < 3; again++) {
			struct digest d, parsed;

			hasher_add(h, "a", 1);
			hasher_add(h, "", 0);
			hasher_add(h, "bc", 2);
			d = hasher_end(h);
			assert_string_equal(digest_text(&d, text), rows[i].abc);
			assert_true(digest_parse(&parsed, text_of(text)));
			assert_memory_equal(&parsed, &d, sizeof d);
		}
	}
	hasher_free(NULL);
}

static void
only_canonical_texts_are_digests(void **state)
{
	static const char *const bad[] = {
		"",
		"sha256",
		"sha256:",
		":",
		(EMPTY "0"),
		"SHA256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"sha256:E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
		"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85g",
		"sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"md5:d41d8cd98f00b204e9800998ecf8427e",
		(" " EMPTY),
	};
	struct digest d = { .alg = 77 };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(digest_parse(&d, text_of(bad[i])));
		assert_int_equal(d.alg, 77);
	}
	assert_true(digest_parse(&d, TEXT(EMPTY)));
	assert_true(digest_known(&d));
}

static void
digests_have_a_total_order(void **state)
{
	struct digest a = digest_of("a", 1), b = digest_of("b", 1), none = { 0 };

	(void)state;
	assert_true(digest_equal(&a, &a));
	assert_false(digest_equal(&a, &b));
	assert_int_equal(digest_compare(&a, &a), 0);
	assert_true((digest_compare(&a, &b) < 0) != (digest_compare(&b, &a) < 0));
	assert_true(digest_compare(&none, &a) < 0);
	assert_false(digest_known(&none));
}

static void
the_rest_of_a_file_is_hashed(void **state)
{
	auto_fd int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	auto_error struct error err = ERROR_INIT;
	struct digest d;
	uint64_t size;
	char text[DIGEST_TEXT_MAX];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "xxabc", 5), 5);
	assert_int_equal(lseek(fd, 2, SEEK_SET), 2);
	assert_int_equal(digest_of_fd(fd, &d, &size, &err), 0);
	assert_string_equal(digest_text(&d, text), ABC);
	assert_int_equal(size, 3);
	assert_int_equal(digest_of_fd(-1, &d, &size, &err), -1);
	assert_non_null(err.text);
}

static void *
hash_often(void *arg)
{
	struct digest want;

	(void)arg;
	digest_parse(&want, TEXT(ABC));
	for (int i = 0; i < 1000; i++) {
		struct digest d = digest_of("abc", 3);

		if (!digest_equal(&d, &want))
			return (void *)"wrong";
	}
	return NULL;
}

static void
threads_hash_side_by_side(void **state)
{
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hash_often, NULL), 0);
	for (int i = 0; i < 4; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_messages_have_known_digests),
		cmocka_unit_test(a_hasher_is_ready_again_after_its_end),
		cmocka_unit_test(only_canonical_texts_are_digests),
		cmocka_unit_test(digests_have_a_total_order),
		cmocka_unit_test(the_rest_of_a_file_is_hashed),
		cmocka_unit_test(threads_hash_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
