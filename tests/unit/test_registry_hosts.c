/* How hosts are reached: plain, TLS with a private authority, insecure. */
#include "base/http/url.h"
#include "registry/hosts.h"
#include "registry/mirrors.h"
#include "tests/lib/registry_fixture.h"

static char *home;
static struct server tls;

static const struct {
	const char *name;
	bool loopback;
} names[] = {
	{ "localhost", true },
	{ "localhost:5000", true },
	{ "LOCALHOST:1", true },
	{ "127.0.0.1:5000", true },
	{ "127.9.9.9", true },
	{ "[::1]:5000", true },
	{ "reg.localhost", true },
	{ "127.0.0.1.example.org", false },
	{ "localhost.example.org", false },
	{ "127.example", false },
	{ "128.0.0.1", false },
	{ "10.0.0.1", false },
	{ "hub.example", false },
};

static void
loopback_names_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (host_is_loopback(names[i].name) != names[i].loopback)
			fail_msg("%s", names[i].name);
}

static void
docker_io_lives_elsewhere(void **state)
{
	struct mirrors *mirrors = mirrors_new();
	const struct registry_options none = { 0 };
	struct hosts *hosts = hosts_new(&none, mirrors);
	auto_error struct error err = ERROR_INIT;
	const struct host *host = hosts_get(hosts, "docker.io", &err);
	auto_free char *url = host_url(host);

	(void)state;
	assert_string_equal(url, "https://registry-1.docker.io");
	assert_true(host->verify);
	assert_true(hosts_get(hosts, "docker.io", &err) == host);
	hosts_free(hosts);
	mirrors_free(mirrors);
}

static const struct {
	const char *base, *location, *want;
} joins[] = {
	{ "http://a/v2/x?y", "/z", "http://a/z" },
	{ "http://a/v2/x", "z?q=1", "http://a/v2/z?q=1" },
	{ "http://a/v2/x", "https://b:1/z?sig=a%2Fb", "https://b:1/z?sig=a%2Fb" },
	{ "https://a/v2/x", "//b/z", "https://b/z" },
	{ "http://a/", "ftp://b/", NULL },
	{ "http://a/", "http://", NULL },
};

static void
locations_are_seen_from_their_request(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof joins / sizeof *joins; i++) {
		auto_free char *got = url_join(joins[i].base, joins[i].location);

		if (joins[i].want == NULL)
			assert_null(got);
		else
			assert_string_equal(got, joins[i].want);
	}
}

static void
parts_of_urls_are_found(void **state)
{
	auto_free char *origin = url_origin("HTTPS://user:pw@Example.ORG/x");
	auto_free char *host = url_host("http://Example.org:8080/x");
	auto_free char *plain = url_host("http://example.org:80/x");
	auto_free char *shown = url_print("https://user:pw@example.org/x?token=t#f");
	auto_free char *query = url_add_query("http://a/x?y=1", "digest", "sha256:0 &");

	(void)state;
	assert_string_equal(origin, "https://example.org:443");
	assert_string_equal(host, "example.org:8080");
	assert_string_equal(plain, "example.org");
	assert_string_equal(shown, "https://example.org/x");
	assert_string_equal(query, "http://a/x?y=1&digest=sha256:0%20%26");
}

/* ------------------------------------------------------------ TLS */

static int
head(struct registry_options options, const char *host, struct error *err)
{
	auto_registry struct registry *reg = NULL;
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
	auto_free char *text = mem_print("%s:%d/x:1", host, tls.port);

	options.retries = -1;
	reg = session(options);
	assert_int_equal(reference_parse(&ref, text_of(text), err), 0);
	return registry_head(reg, &ref, &d, err);
}

static void
tls_on_loopback_is_found_and_verified(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *ca = mem_print("%s/cert.pem", home);

	(void)state;
	assert_int_equal(head((struct registry_options){ 0 }, "localhost", &err), -1);
	assert_int_equal(err.code, ERR_NETWORK);
	assert_non_null(strstr(err.text, "not trusted"));
	error_clear(&err);
	setenv("SSL_CERT_FILE", ca, 1);
	assert_int_equal(head((struct registry_options){ 0 }, "localhost", &err), -1);
	unsetenv("SSL_CERT_FILE");
	assert_int_equal(err.code, ERR_SOURCE);
	assert_non_null(strstr(err.text, "not found"));
}

static void
certs_d_gives_authorities(void **state)
{
	auto_error struct error err = ERROR_INIT, fault = ERROR_INIT;
	auto_free char *dir = mem_print("%s/.config/containers/certs.d/localhost:%d",
	                                home, tls.port);
	auto_free char *from = mem_print("%s/cert.pem", home);
	auto_buf struct buf ca = BUF_INIT;

	(void)state;
	assert_int_equal(file_read(AT_FDCWD, from, 1 << 16, &ca, &err), 1);
	assert_int_equal(file_make_dirs(AT_FDCWD, dir, 0700, &err), 0);
	/* Some other authority: now TLS is a must, and it is not trusted. */
	assert_int_equal(head((struct registry_options){ 0 }, "localhost", &fault), -1);
	assert_non_null(strstr(fault.text, "not trusted"));
	assert_non_null(strstr(fault.hint, "ca.crt"));
	write_file(dir, "ca.crt", buf_str(&ca));
	assert_int_equal(head((struct registry_options){ 0 }, "localhost", &err), -1);
	assert_int_equal(err.code, ERR_SOURCE);
	error_clear(&err);
	write_file(dir, "client.cert", buf_str(&ca));
	assert_int_equal(head((struct registry_options){ 0 }, "localhost", &err), -1);
	assert_non_null(strstr(err.text, "client.key"));
	remove_test_dir(dir);
}

static void
insecure_hosts_are_not_verified(void **state)
{
	const char *const insecure[] = { "localhost" };
	auto_error struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(
	        head((struct registry_options){ .insecure = insecure, .n_insecure = 1 },
	             "localhost", &err),
	        -1);
	assert_int_equal(err.code, ERR_SOURCE);
}

static bool
make_certificate(void)
{
	const char *const argv[] = {
		"openssl",  "req",           "-x509",   "-newkey",
		"rsa:2048", "-nodes",        "-keyout", "key.pem",
		"-out",     "cert.pem",      "-days",   "2",
		"-subj",    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
		NULL
	};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(null, 2);
		if (chdir(home) == 0)
			execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static int
setup(void **state)
{
	auto_free char *cert = NULL, *key = NULL;

	(void)state;
	home = make_test_dir();
	setenv("HOME", home, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
	if (!make_certificate())
		return -1;
	cert = mem_print("%s/cert.pem", home);
	key = mem_print("%s/key.pem", home);
	return faulty_registry_start(&tls, "{}", cert, key) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	server_stop(&tls);
	remove_test_dir(home);
	free(home);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback_names_are_known),
		cmocka_unit_test(docker_io_lives_elsewhere),
		cmocka_unit_test(locations_are_seen_from_their_request),
		cmocka_unit_test(parts_of_urls_are_found),
		cmocka_unit_test(tls_on_loopback_is_found_and_verified),
		cmocka_unit_test(certs_d_gives_authorities),
		cmocka_unit_test(insecure_hosts_are_not_verified),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
