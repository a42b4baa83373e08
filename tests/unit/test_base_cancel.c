#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>

#include "base/cancel.h"
#include "base/clock.h"

static bool
is_readable(const struct cancel *c)
{
	struct pollfd fd = { .fd = cancel_fd(c), .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

static void
a_token_stays_triggered(void **state)
{
	auto_error struct error err = ERROR_INIT;
	struct cancel *c = cancel_new(&err);

	(void)state;
	assert_non_null(c);
	assert_false(cancel_is_set(c));
	assert_false(is_readable(c));
	assert_int_equal(cancel_check(c, &err), 0);
	for (int i = 0; i < 3; i++) {
		cancel_trigger(c);
		assert_true(cancel_is_set(c));
		assert_true(is_readable(c));
	}
	assert_int_equal(cancel_check(c, &err), -1);
	assert_int_equal(err.code, ERR_CANCELLED);
	cancel_free(c);
}

static void
no_token_is_never_triggered(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	assert_false(cancel_is_set(NULL));
	assert_int_equal(cancel_fd(NULL), -1);
	assert_int_equal(cancel_check(NULL, &err), 0);
	cancel_free(NULL);
}

static void *
trigger(void *c)
{
	cancel_trigger(c);
	return NULL;
}

static void
any_thread_may_trigger(void **state)
{
	auto_error struct error err = ERROR_INIT;
	struct cancel *c = cancel_new(&err);
	pthread_t threads[4];
	struct pollfd fd = { .fd = cancel_fd(c), .events = POLLIN };

	(void)state;
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, trigger, c);
	assert_int_equal(poll(&fd, 1, 10000), 1);
	assert_true(cancel_is_set(c));
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	cancel_free(c);
}

static void
a_pause_lasts_until_it_is_over_or_cancelled(void **state)
{
	auto_error struct error err = ERROR_INIT;
	struct cancel *c = cancel_new(&err);
	int64_t start_ns = clock_monotonic_ns();
	pthread_t thread;

	(void)state;
	assert_true(cancel_pause(NULL, 2 * NS_PER_MS));
	assert_true(cancel_pause(c, 2 * NS_PER_MS));
	assert_true(clock_monotonic_ns() - start_ns >= 4 * NS_PER_MS);
	assert_true(cancel_pause(c, 0));
	pthread_create(&thread, NULL, trigger, c);
	/* Longer than any test may take. */
	assert_false(cancel_pause(c, 3600 * NS_PER_S));
	pthread_join(thread, NULL);
	assert_false(cancel_pause(c, 0));
	cancel_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_stays_triggered),
		cmocka_unit_test(no_token_is_never_triggered),
		cmocka_unit_test(any_thread_may_trigger),
		cmocka_unit_test(a_pause_lasts_until_it_is_over_or_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
