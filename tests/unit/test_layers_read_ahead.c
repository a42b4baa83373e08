/* Bytes read ahead by another thread are the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "layers/read_ahead.h"

/* Gives SIZE bytes of a pattern, at most STEP at a time, then ends or fails. */
struct pattern {
	size_t at, size, step;
	int fails;
	int calls_after_end;
};

static ssize_t
read_pattern(void *arg, void *bytes, size_t n, struct error *err)
{
	struct pattern *p = arg;
	char *to = bytes;

	if (p->at == p->size) {
		p->calls_after_end++;
		return p->fails ? error_set(err, ERR_DAMAGED, "broken") : 0;
	}
	if (n > p->step)
		n = p->step;
	if (n > p->size - p->at)
		n = p->size - p->at;
	for (size_t i = 0; i < n; i++)
		to[i] = (char)((p->at + i) * 2654435761u >> 24);
	p->at += n;
	return (ssize_t)n;
}

static void
all_sizes_and_steps_give_the_same_bytes(void **state)
{
	static const size_t sizes[] = { 0, 1, 262143, 262144, 262145, 3000000 };
	static const size_t steps[] = { 100, 262144, 1 << 20 };
	static char bytes[100000];

	(void)state;
	for (int fails = 0; fails < 2; fails++)
		for (size_t i = 0; i < 6; i++)
			for (size_t k = 0; k < 3; k++) {
				struct pattern p = { .size = sizes[i],
					             .step = steps[k],
					             .fails = fails };
				struct read_ahead *r = read_ahead_new(read_pattern, &p);
				struct error err = ERROR_INIT;
				size_t at = 0;
				ssize_t n;

				while ((n = read_ahead_read(r, bytes, sizeof bytes,
				                            &err)) > 0)
					for (ssize_t b = 0; b < n; b++, at++)
						if (bytes[b] !=
						    (char)(at * 2654435761u >> 24))
							fail_msg("byte %zu", at);
				assert_int_equal(at, sizes[i]);
				assert_int_equal(n, fails ? -1 : 0);
				if (fails)
					assert_string_equal(err.text, "broken");
				assert_int_equal(p.calls_after_end, 1);
				error_clear(&err);
				read_ahead_free(r);
			}
}

static void
a_reader_may_leave_at_any_time(void **state)
{
	(void)state;
	for (size_t stop = 0; stop < 40; stop++) {
		struct pattern p = { .size = 64 << 20, .step = 100000 };
		struct read_ahead *r = read_ahead_new(read_pattern, &p);
		struct error err = ERROR_INIT;
		static char bytes[65536];

		for (size_t i = 0; i < stop; i++)
			assert_true(read_ahead_read(r, bytes, sizeof bytes, &err) > 0);
		read_ahead_free(r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sizes_and_steps_give_the_same_bytes),
		cmocka_unit_test(a_reader_may_leave_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
