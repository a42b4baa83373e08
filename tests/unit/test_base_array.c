#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"

struct pair {
	int a;
	char *b;
};

static void
new_elements_are_zeroed_also_after_others_were_removed(void **state)
{
	ARRAY(struct pair) pairs = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct pair *p = array_add(&pairs);

		assert_int_equal(p->a, 0);
		assert_null(p->b);
		p->a = i;
		p->b = (char *)&pairs;
	}
	assert_int_equal(pairs.n, 100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(pairs.at[i].a, i);
	pairs.n = 50;
	assert_int_equal(array_add(&pairs)->a, 0);
	array_clear(&pairs);
	assert_null(pairs.at);
	assert_int_equal(pairs.n + pairs.cap, 0);
}

static int
by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void
sorting_takes_the_empty_array(void **state)
{
	ARRAY(int) numbers = { 0 };

	(void)state;
	array_sort(&numbers, by_value);
	for (int i = 0; i < 50; i++)
		array_push(&numbers, i * 37 % 50);
	array_sort(&numbers, by_value);
	for (int i = 0; i < 50; i++)
		assert_int_equal(numbers.at[i], i);
	array_clear(&numbers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_elements_are_zeroed_also_after_others_were_removed),
		cmocka_unit_test(sorting_takes_the_empty_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
