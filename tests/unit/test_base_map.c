#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/own.h"

static void
an_empty_map_finds_nothing(void **state)
{
	auto_map struct map m = MAP_INIT;

	(void)state;
	assert_null(map_find(&m, TEXT("x")));
	assert_false(map_has(&m, TEXT("")));
}

static void
values_are_found_replaced_and_may_be_null(void **state)
{
	auto_map struct map m = MAP_INIT;
	int one, two;

	(void)state;
	assert_true(map_set(&m, TEXT("k"), &one));
	assert_false(map_set(&m, TEXT("k"), &two));
	assert_ptr_equal(map_find(&m, TEXT("k")), &two);
	assert_true(map_set(&m, TEXT(""), NULL));
	assert_true(map_has(&m, TEXT("")));
	assert_null(map_find(&m, TEXT("")));
	assert_int_equal(m.n, 2);
}

static void
keys_are_bytes_and_copied(void **state)
{
	auto_map struct map m = MAP_INIT;
	char key[] = "a\0b";
	int value;

	(void)state;
	map_set(&m, (struct text){ key, 3 }, &value);
	key[2] = 'c';
	assert_null(map_find(&m, (struct text){ key, 3 }));
	assert_null(map_find(&m, TEXT("a")));
	assert_ptr_equal(map_find(&m, TEXT("a\0b")), &value);
	assert_memory_equal(m.items[0].key.p, "a\0b", 4);
}

static void
many_keys_keep_the_order_of_insertion(void **state)
{
	auto_map struct map m = MAP_INIT;

	(void)state;
	for (size_t i = 0; i < 20000; i++) {
		auto_free char *key = mem_print("usr/lib/%zu", i * 7919 % 20000);

		assert_true(map_set(&m, text_of(key), (void *)(i + 1)));
	}
	assert_int_equal(m.n, 20000);
	for (size_t i = 0; i < 20000; i++) {
		auto_free char *key = mem_print("usr/lib/%zu", i * 7919 % 20000);

		assert_int_equal((uintptr_t)map_find(&m, text_of(key)), i + 1);
		assert_true(text_is(m.items[i].key, key));
	}
	assert_false(map_has(&m, TEXT("usr/lib/20000")));
	map_clear(&m);
	assert_int_equal(m.n, 0);
	assert_true(map_set(&m, TEXT("again"), NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_map_finds_nothing),
		cmocka_unit_test(values_are_found_replaced_and_may_be_null),
		cmocka_unit_test(keys_are_bytes_and_copied),
		cmocka_unit_test(many_keys_keep_the_order_of_insertion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
