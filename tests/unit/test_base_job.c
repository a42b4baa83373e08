#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <unistd.h>

#include "base/job.h"

static const size_t thread_counts[] = { 0, 1, 2, 7 };
#define N_COUNTS (sizeof thread_counts / sizeof *thread_counts)

static atomic_int n_run;

static int
count(void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	atomic_fetch_add(&n_run, 1);
	return 0;
}

static void
every_job_runs_once_with_any_number_of_threads(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_COUNTS; i++) {
		struct pool *pool = pool_new(thread_counts[i]);
		struct group *g = group_new(pool);
		struct error err = ERROR_INIT;

		atomic_store(&n_run, 0);
		for (int round = 1; round <= 3; round++) {
			for (int job = 0; job < 500; job++)
				group_add(g, count, NULL);
			assert_int_equal(group_wait(g, &err), 0);
			assert_int_equal(atomic_load(&n_run), round * 500);
		}
		assert_int_equal(group_wait(g, &err), 0);
		group_free(g);
		pool_free(pool);
	}
}

struct tree {
	struct pool *pool;
	int depth;
};

/* Each job waits for two of its own. */
static int
grow(void *arg, struct error *err)
{
	const struct tree *t = arg;
	struct tree below = { t->pool, t->depth - 1 };
	struct group *g;
	int result;

	atomic_fetch_add(&n_run, 1);
	if (t->depth == 0)
		return 0;
	g = group_new(t->pool);
	group_add(g, grow, &below);
	group_add(g, grow, &below);
	result = group_wait(g, err);
	group_free(g);
	return result;
}

static void
jobs_may_wait_for_jobs_of_the_same_pool(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_COUNTS; i++) {
		struct pool *pool = pool_new(thread_counts[i]);
		struct group *g = group_new(pool);
		struct tree root = { pool, 8 };
		struct error err = ERROR_INIT;

		atomic_store(&n_run, 0);
		group_add(g, grow, &root);
		assert_int_equal(group_wait(g, &err), 0);
		assert_int_equal(atomic_load(&n_run), 511);
		group_free(g);
		pool_free(pool);
	}
}

/* Adds to the group that is being waited for. */
static int
add_more(void *arg, struct error *err)
{
	(void)err;
	for (int i = 0; i < 10; i++)
		group_add(arg, count, NULL);
	return 0;
}

static void
a_job_may_add_to_its_own_group(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_COUNTS; i++) {
		struct pool *pool = pool_new(thread_counts[i]);
		struct group *g = group_new(pool);
		struct error err = ERROR_INIT;

		atomic_store(&n_run, 0);
		for (int job = 0; job < 20; job++)
			group_add(g, add_more, g);
		assert_int_equal(group_wait(g, &err), 0);
		assert_int_equal(atomic_load(&n_run), 200);
		group_free(g);
		pool_free(pool);
	}
}

static int
fail_with(void *arg, struct error *err)
{
	return error_set(err, ERR_RUN, "job %s", (const char *)arg);
}

static void
the_first_failure_is_told_and_the_others_run(void **state)
{
	struct pool *pool = pool_new(0);
	struct group *g = group_new(pool);
	auto_error struct error err = ERROR_INIT;

	(void)state;
	atomic_store(&n_run, 0);
	group_add(g, count, NULL);
	group_add(g, fail_with, (void *)"one");
	group_add(g, fail_with, (void *)"two");
	group_add(g, count, NULL);
	assert_int_equal(group_wait(g, &err), -1);
	assert_string_equal(err.text, "job one");
	assert_int_equal(err.code, ERR_RUN);
	assert_int_equal(atomic_load(&n_run), 2);
	error_clear(&err);
	assert_int_equal(group_wait(g, &err), 0);
	group_add(g, fail_with, (void *)"three");
	group_free(g);
	pool_free(pool);
}

static void
the_waiter_helps_its_own_group_only(void **state)
{
	struct pool *pool = pool_new(0);
	struct group *mine = group_new(pool), *other = group_new(pool);
	struct error err = ERROR_INIT;

	(void)state;
	atomic_store(&n_run, 0);
	group_add(other, count, NULL);
	group_add(mine, count, NULL);
	group_add(other, count, NULL);
	assert_int_equal(group_wait(mine, &err), 0);
	assert_int_equal(atomic_load(&n_run), 1);
	group_free(mine);
	group_free(other);
	assert_int_equal(atomic_load(&n_run), 3);
	pool_free(pool);
}

static void
a_pool_finishes_what_is_queued_before_it_ends(void **state)
{
	struct pool *pool = pool_new(2);
	struct group *g = group_new(pool);

	(void)state;
	atomic_store(&n_run, 0);
	for (int i = 0; i < 100; i++)
		group_add(g, count, NULL);
	group_free(g);
	pool_free(pool);
	assert_int_equal(atomic_load(&n_run), 100);
	pool_free(NULL);
	group_free(NULL);
}

static void
there_is_at_least_one_cpu_and_not_more_than_exist(void **state)
{
	(void)state;
	assert_true(job_cpus() >= 1);
	assert_true(job_cpus() <= (size_t)sysconf(_SC_NPROCESSORS_CONF));
	assert_int_equal(job_cpus(), job_cpus());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_job_runs_once_with_any_number_of_threads),
		cmocka_unit_test(jobs_may_wait_for_jobs_of_the_same_pool),
		cmocka_unit_test(a_job_may_add_to_its_own_group),
		cmocka_unit_test(the_first_failure_is_told_and_the_others_run),
		cmocka_unit_test(the_waiter_helps_its_own_group_only),
		cmocka_unit_test(a_pool_finishes_what_is_queued_before_it_ends),
		cmocka_unit_test(there_is_at_least_one_cpu_and_not_more_than_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
