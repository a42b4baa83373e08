/* One session, many threads: pull and push at once, with tokens that expire. */
#include "tests/lib/registry_fixture.h"

#define THREADS 6
#define ROUNDS  4

static char *home;

struct worker {
	struct registry *reg;
	unsigned seed;
	char *fault; /* NULL: all went well */
};

static int
round_trip(struct registry *reg, unsigned seed, struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_free char *name = mem_print("localhost:%d/threads/%u:1", faulty.port,
	                                 seed % 3);
	auto_blob struct blob b = { 0 };
	auto_buf struct buf got = BUF_INIT;
	auto_resolved struct resolved r = { 0 };
	auto_platform struct platform host = PLATFORM_INIT;

	blob_make(&b, 300000, seed);
	platform_host(&host);
	if (reference_parse(&ref, text_of(name), err) < 0 ||
	    push_image(reg, &ref, &b, err) < 0 || pull(reg, &ref, &b, &got, err) < 0)
		return -1;
	return registry_resolve(reg, &ref, &host, &r, err);
}

static void *
work(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < ROUNDS && w->fault == NULL; i++) {
		auto_error struct error err = ERROR_INIT;

		if (round_trip(w->reg, w->seed * ROUNDS + i, &err) < 0)
			w->fault = mem_copy(err.text);
	}
	return NULL;
}

static const char *const settings[] = {
	"{}",
	"{\"auth\":\"basic\"}",
	"{\"auth\":\"token\"}",
	"{\"auth\":\"token\",\"token_life\":1}",
	"{\"auth\":\"token\",\"rules\":[{\"status\":503,\"times\":10},"
	"{\"method\":\"PUT\",\"path\":\"uploads\",\"reset\":100000,\"times\":4},"
	"{\"method\":\"GET\",\"path\":\"blobs\",\"reset\":100000,\"times\":4}]}",
};

static void
threads_share_a_session(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		auto_free char *authfile = mem_print("%s/auth.json", home);
		auto_registry struct registry *reg =
		        session((struct registry_options){ .authfile = authfile });
		struct worker workers[THREADS];
		pthread_t threads[THREADS];

		server_set(settings[i]);
		for (unsigned k = 0; k < THREADS; k++) {
			workers[k] = (struct worker){ .reg = reg,
				                      .seed = 1000 * (unsigned)i + k };
			assert_int_equal(
			        pthread_create(&threads[k], NULL, work, &workers[k]), 0);
		}
		for (unsigned k = 0; k < THREADS; k++)
			pthread_join(threads[k], NULL);
		for (unsigned k = 0; k < THREADS; k++) {
			if (workers[k].fault != NULL)
				fail_msg("%s: %s", settings[i], workers[k].fault);
		}
	}
}

static void
threads_that_want_the_same_token_fetch_it_once(void **state)
{
	auto_free char *authfile = mem_print("%s/auth.json", home);
	auto_registry struct registry *reg =
	        session((struct registry_options){ .authfile = authfile });
	struct worker workers[THREADS];
	pthread_t threads[THREADS];

	(void)state;
	server_set("{\"auth\":\"token\",\"rules\":[{\"path\":\"/"
	           "token\",\"stall\":0.2,\"times\":99}]}");
	for (unsigned k = 0; k < THREADS; k++) {
		/* All seeds name the same repository. */
		workers[k] = (struct worker){ .reg = reg, .seed = 9000 + 3 * k };
		assert_int_equal(pthread_create(&threads[k], NULL, work, &workers[k]), 0);
	}
	for (unsigned k = 0; k < THREADS; k++) {
		pthread_join(threads[k], NULL);
		assert_null(workers[k].fault);
	}
	/* Three repositories, to push and to pull. */
	assert_true(server_count("tokens") <= 6);
}

static int
setup(void **state)
{
	auto_free char *text = NULL;

	(void)state;
	home = make_test_dir();
	unsetenv("http_proxy");
	setenv("HOME", home, 1);
	event_set_sink(note_event, NULL);
	event_set_debug("http");
	if (!faulty_registry_start(&faulty, "{}", NULL, NULL))
		return -1;
	text = mem_print("{\"auths\":{\"localhost:%d\":{\"auth\":\"dXNlcjpzZWNyZXQ=\"}}}",
	                 faulty.port);
	write_file(home, "auth.json", text);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	server_stop(&faulty);
	remove_test_dir(home);
	free(home);
	buf_clear(&said);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_share_a_session),
		cmocka_unit_test(threads_that_want_the_same_token_fetch_it_once),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
