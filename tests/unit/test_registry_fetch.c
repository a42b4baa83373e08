/* Plain files by http: validators, resuming, proxies. */
#include "tests/lib/registry_fixture.h"

#define FILES                                                                            \
	"\"files\":{\"plain\":{\"text\":\"hello\"},"                                     \
	"\"tagged\":{\"text\":\"hello\",\"etag\":\"\\\"v1\\\"\","                        \
	"\"modified\":\"Wed, 21 Oct 2015 07:28:00 GMT\"},"                               \
	"\"big\":{\"text\":\"0123456789abcdef\",\"repeat\":200000,\"etag\":"             \
	"\"\\\"b\\\"\"},"                                                                \
	"\"dated\":{\"text\":\"0123456789abcdef\",\"repeat\":200000,"                    \
	"\"modified\":\"Wed, 21 Oct 2015 07:28:00 GMT\"},"                               \
	"\"bare\":{\"text\":\"0123456789abcdef\",\"repeat\":200000}}"

#define BIG 3200000u

static int
fetch(struct registry *reg, const char *url, const char *etag, struct buf *out,
      struct http_file *file, struct error *err)
{
	return registry_fetch_url(reg, url, NULL, etag, buf_sink, buf_restart, out, NULL,
	                          NULL, file, err);
}

static char *
url_of(const char *name)
{
	return mem_print("http://localhost:%d/files/%s", faulty.port, name);
}

static void
a_file_comes_with_its_validators(void **state)
{
	auto_registry struct registry *reg = session((struct registry_options){ 0 });
	auto_error struct error err = ERROR_INIT;
	auto_http_file struct http_file f = { 0 };
	auto_buf struct buf got = BUF_INIT;
	auto_free char *url = url_of("tagged");

	(void)state;
	server_set("{" FILES "}");
	assert_done(fetch(reg, url, NULL, &got, &f, &err), &err);
	assert_string_equal(buf_str(&got), "hello");
	assert_string_equal(f.etag, "\"v1\"");
	assert_int_equal(f.last_modified_s, 1445412480);
	assert_string_equal(f.final_url, url);
	assert_false(f.not_modified);
}

static void
what_is_not_modified_is_not_sent_again(void **state)
{
	auto_registry struct registry *reg = session((struct registry_options){ 0 });
	auto_error struct error err = ERROR_INIT;
	auto_http_file struct http_file f = { 0 }, g = { 0 };
	auto_buf struct buf got = BUF_INIT;
	auto_free char *url = url_of("tagged");

	(void)state;
	server_set("{" FILES "}");
	assert_done(fetch(reg, url, "\"v1\"", &got, &f, &err), &err);
	assert_true(f.not_modified);
	assert_int_equal(got.n, 0);
	assert_done(fetch(reg, url, "\"v0\"", &got, &g, &err), &err);
	assert_false(g.not_modified);
	assert_int_equal(got.n, 5);
}

static const struct {
	const char *name, *settings;
	bool works;
	const char *text;
} faults[] = {
	{ "big", "\"rules\":[{\"reset\":1000000,\"times\":2}]", true, NULL },
	{ "dated", "\"rules\":[{\"reset\":1000000}]", true, NULL },
	{ "big", "\"ranges\":false,\"rules\":[{\"reset\":1000000}]", true, NULL },
	{ "big", "\"rules\":[{\"status\":503,\"times\":2}]", true, NULL },
	{ "bare", "\"rules\":[{\"status\":500}]", true, NULL },
	{ "bare", "\"rules\":[{\"reset\":1000000}]", true, NULL },
	{ "big", "\"rules\":[{\"reset\":1000000},{\"status\":416}]", true, NULL },
	{ "big", "\"rules\":[{\"reset\":1000000},{\"status\":206,\"body\":\"x\"}]", true,
	  NULL },
	{ "bare", "\"rules\":[{\"reset\":0}]", true, NULL },
	{ "nothere", "\"rules\":[]", false, "invalid response status 404" },
	{ "plain", "\"rules\":[{\"status\":403}]", false, "invalid response status 403" },
	{ "plain", "\"rules\":[{\"status\":301,\"headers\":{\"Location\":\"ftp://x/\"}}]",
	  false, "redirected" },
	{ "plain", "\"rules\":[{\"status\":302,\"headers\":{\"Location\":\"big?x=1\"}}]",
	  true, NULL },
	{ "plain",
	  "\"rules\":[{\"status\":302,\"times\":99,\"headers\":{\"Location\":\"plain\"}}"
	  "]",
	  false, "more than" },
};

static void
files_survive_faults(void **state)
{
	auto_registry struct registry *reg =
	        session((struct registry_options){ .retries = 3, .timeout_s = 3 });

	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_http_file struct http_file f = { 0 };
		auto_buf struct buf got = BUF_INIT;
		auto_free char *url = url_of(faults[i].name);
		auto_free char *settings = mem_print("{" FILES ",%s}",
		                                     faults[i].settings);
		int rc;

		server_set(settings);
		rc = fetch(reg, url, NULL, &got, &f, &err);
		if ((rc == 0) != faults[i].works)
			fail_msg("%zu: %s", i, rc < 0 ? err.text : "succeeded");
		if (rc < 0 && strstr(err.text, faults[i].text) == NULL)
			fail_msg("%zu: %s", i, err.text);
		if (rc < 0)
			continue;
		assert_int_equal(got.n, BIG);
		for (size_t k = 0; k < got.n; k++)
			if (got.p[k] != "0123456789abcdef"[k % 16])
				fail_msg("%zu: wrong byte %zu", i, k);
	}
}

static void
the_final_url_is_told(void **state)
{
	auto_registry struct registry *reg = session((struct registry_options){ 0 });
	auto_error struct error err = ERROR_INIT;
	auto_http_file struct http_file f = { 0 };
	auto_buf struct buf got = BUF_INIT;
	auto_free char *url = url_of("old"), *want = url_of("plain");

	(void)state;
	server_set("{" FILES ",\"rules\":[{\"path\":\"old\",\"status\":302,"
	           "\"headers\":{\"Location\":\"plain\"}}]}");
	assert_done(fetch(reg, url, NULL, &got, &f, &err), &err);
	assert_string_equal(f.final_url, want);
}

static void
errors_do_not_show_passwords_of_urls(void **state)
{
	auto_registry struct registry *reg = session((struct registry_options){ 0 });
	auto_error struct error err = ERROR_INIT;
	auto_http_file struct http_file f = { 0 };
	auto_buf struct buf got = BUF_INIT;
	auto_free char *url = mem_print("http://me:hunter2@localhost:%d/none?sig=hunter3",
	                                faulty.port);

	(void)state;
	server_set("{}");
	assert_int_equal(fetch(reg, url, NULL, &got, &f, &err), -1);
	assert_null(strstr(err.text, "hunter"));
	assert_null(strstr(buf_str(&said), "hunter"));
}

static void
only_http_and_https_are_fetched(void **state)
{
	static const char *const urls[] = { "file:///etc/passwd", "ftp://localhost/x",
		                            "x", "" };
	auto_registry struct registry *reg = session((struct registry_options){ 0 });

	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_http_file struct http_file f = { 0 };
		auto_buf struct buf got = BUF_INIT;

		assert_int_equal(fetch(reg, urls[i], NULL, &got, &f, &err), -1);
		assert_int_equal(err.code, ERR_SOURCE);
	}
}

static void
the_proxy_of_the_environment_is_used(void **state)
{
	static const char *const variables[] = { "http_proxy", "HTTP_PROXY" };
	auto_free char *proxy = mem_print("http://127.0.0.1:%d", faulty.port);

	(void)state;
	server_set("{" FILES "}");
	for (size_t i = 0; i < 2; i++) {
		auto_registry struct registry *reg =
		        session((struct registry_options){ .retries = -1 });
		auto_error struct error err = ERROR_INIT, fault = ERROR_INIT;
		auto_http_file struct http_file f = { 0 }, g = { 0 };
		auto_buf struct buf got = BUF_INIT;

		setenv(variables[i], proxy, 1);
		assert_done(fetch(reg, "http://files.invalid/files/plain", NULL, &got, &f,
		                  &err),
		            &err);
		assert_string_equal(buf_str(&got), "hello");
		setenv("no_proxy", "invalid", 1);
		assert_int_equal(fetch(reg, "http://files.invalid/files/plain", NULL,
		                       &got, &g, &fault),
		                 -1);
		assert_non_null(strstr(fault.text, "cannot find its address"));
		unsetenv("no_proxy");
		unsetenv(variables[i]);
	}
}

static void
loopback_is_not_reached_through_a_proxy(void **state)
{
	auto_registry struct registry *reg = session((struct registry_options){ 0 });
	auto_error struct error err = ERROR_INIT;
	auto_http_file struct http_file f = { 0 };
	auto_buf struct buf got = BUF_INIT;
	auto_free char *url = url_of("plain");

	(void)state;
	server_set("{" FILES "}");
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	assert_done(fetch(reg, url, NULL, &got, &f, &err), &err);
	unsetenv("http_proxy");
}

static int
setup(void **state)
{
	static const char *const clean[] = { "http_proxy", "HTTP_PROXY", "no_proxy",
		                             "NO_PROXY",   "all_proxy",  "ALL_PROXY" };

	(void)state;
	for (size_t i = 0; i < sizeof clean / sizeof *clean; i++)
		unsetenv(clean[i]);
	event_set_sink(note_event, NULL);
	event_set_debug("http");
	return faulty_registry_start(&faulty, "{}", NULL, NULL) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	server_stop(&faulty);
	buf_clear(&said);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_comes_with_its_validators),
		cmocka_unit_test(what_is_not_modified_is_not_sent_again),
		cmocka_unit_test(files_survive_faults),
		cmocka_unit_test(the_final_url_is_told),
		cmocka_unit_test(errors_do_not_show_passwords_of_urls),
		cmocka_unit_test(only_http_and_https_are_fetched),
		cmocka_unit_test(the_proxy_of_the_environment_is_used),
		cmocka_unit_test(loopback_is_not_reached_through_a_proxy),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
