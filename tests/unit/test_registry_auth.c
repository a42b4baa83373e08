/* Challenges, tokens and passwords, with a registry that asks for them. */
#include "registry/challenge.h"
#include "registry/message.h"
#include "tests/lib/registry_fixture.h"

static char *home;

static const struct {
	const char *value;
	enum challenge_kind kind;
	const char *realm, *service, *scope;
} challenges[] = {
	{ "Basic realm=\"x\"", CHALLENGE_BASIC, "x", NULL, NULL },
	{ "basic", CHALLENGE_BASIC, NULL, NULL, NULL },
	{ "Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:a:pull,push\"",
	  CHALLENGE_BEARER, "https://a/t", "s", "repository:a:pull,push" },
	{ "Bearer realm=\"https://a/t\" , service = s", CHALLENGE_BEARER, "https://a/t",
	  "s", NULL },
	{ "Bearer realm=https://a:1/t,service=s", CHALLENGE_BEARER, "https://a:1/t", "s",
	  NULL },
	{ "Basic realm=\"x\", Bearer realm=\"https://a/t\"", CHALLENGE_BEARER,
	  "https://a/t", NULL, NULL },
	{ "Bearer realm=\"https://a/t\", Basic realm=\"x\"", CHALLENGE_BEARER,
	  "https://a/t", NULL, NULL },
	{ "Negotiate, Basic realm=\"a\\\"b\"", CHALLENGE_BASIC, "a\"b", NULL, NULL },
	{ "Bearer service=\"s\"", CHALLENGE_NONE, NULL, NULL, NULL },
	{ "Digest realm=\"x\"", CHALLENGE_NONE, NULL, NULL, NULL },
	{ "Bearer realm=\"unfinished", CHALLENGE_BEARER, "unfinished", NULL, NULL },
	{ "", CHALLENGE_NONE, NULL, NULL, NULL },
	{ "=,=\"", CHALLENGE_NONE, NULL, NULL, NULL },
};

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
the_best_challenge_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof challenges / sizeof *challenges; i++) {
		auto_challenge struct challenge c = CHALLENGE_INIT;

		challenge_parse(&c, text_of(challenges[i].value));
		if (c.kind != challenges[i].kind || !same(c.realm, challenges[i].realm) ||
		    !same(c.service, challenges[i].service) ||
		    !same(c.scope, challenges[i].scope))
			fail_msg("%s: %d %s %s %s", challenges[i].value, c.kind, c.realm,
			         c.service, c.scope);
	}
}

static const struct {
	const char *body, *text;
} bodies[] = {
	{ "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\"}]}", "denied: no" },
	{ "{\"errors\":[{\"code\":\"A_B\"},{\"message\":\"c\"}]}", "a b; c" },
	{ "{\"errors\":[{\"code\":\"NAME_UNKNOWN\",\"message\":\"name unknown\"}]}",
	  "name unknown" },
	{ "{\"errors\":[{\"code\":\"D\",\"message\":\"m\",\"detail\":\"why\"}]}",
	  "d: m (why)" },
	{ "{\"error\":\"invalid_grant\",\"error_description\":\"gone\"}",
	  "invalid grant: gone" },
	{ "{\"details\":\"incorrect username or password\"}",
	  "incorrect username or password" },
	{ "{\"errors\":[7,null,{}]}", "" },
	{ "{}", "" },
	{ "plain  text\r\n\x1b[31m", "plain text [31m" },
	{ "<html>long</html>", "" },
	{ "bad \xff byte", "bad \xEF\xBF\xBD byte" },
	{ "", "" },
};

static void
error_bodies_become_one_clean_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		auto_free char *got = message_of_body(text_of(bodies[i].body));

		assert_string_equal(got, bodies[i].text);
	}
}

/* ------------------------------------------------------------ with a server */

static char *
write_auth(const char *entry)
{
	auto_free char *text = mem_print("{\"auths\":{\"localhost:%d\":%s}}", faulty.port,
	                                 entry);

	write_file(home, "auth.json", text);
	return mem_print("%s/auth.json", home);
}

#define GOOD     "{\"auth\":\"dXNlcjpzZWNyZXQ=\"}"
#define WRONG    "{\"auth\":\"dXNlcjp3cm9uZ3B3\"}"
#define IDENTITY "{\"auth\":\"dXNlcjo=\",\"identitytoken\":\"identity\"}"
#define NOBODY   "{}"

static const struct {
	const char *name, *settings, *entry;
	enum error_code code;
	const char *text; /* in the error */
	const char *hint;
	int tokens; /* -1: any number */
} pushes[] = {
	{ "basic", "{\"auth\":\"basic\"}", GOOD, ERR_NONE, NULL, NULL, 0 },
	{ "basic, wrong password", "{\"auth\":\"basic\"}", WRONG, ERR_AUTH,
	  "authentication required", "auth.json", 0 },
	{ "basic, nobody", "{\"auth\":\"basic\"}", NOBODY, ERR_AUTH,
	  "authentication is required", "log in", 0 },
	{ "token", "{\"auth\":\"token\"}", GOOD, ERR_NONE, NULL, NULL, 1 },
	{ "token by POST only", "{\"auth\":\"token\",\"token_methods\":[\"POST\"]}", GOOD,
	  ERR_NONE, NULL, NULL, 1 },
	{ "identity token", "{\"auth\":\"token\"}", IDENTITY, ERR_NONE, NULL, NULL, 1 },
	{ "token, wrong password", "{\"auth\":\"token\"}", WRONG, ERR_AUTH,
	  "incorrect username or password", "auth.json", 0 },
	{ "token, nobody", "{\"auth\":\"token\",\"anonymous_pull\":true}", NOBODY,
	  ERR_AUTH, "denied: requested access to the resource is denied", "log in", -1 },
	{ "token with too few rights",
	  "{\"auth\":\"token\",\"anonymous_pull\":true,\"scope_401\":true}", NOBODY,
	  ERR_AUTH, "push access denied", "log in", 1 },
	{ "token server down for a moment",
	  "{\"auth\":\"token\",\"rules\":[{\"path\":\"/"
	  "token\",\"status\":503,\"times\":2}]}",
	  GOOD, ERR_NONE, NULL, NULL, 1 },
	{ "token server down",
	  "{\"auth\":\"token\",\"rules\":[{\"path\":\"/"
	  "token\",\"status\":503,\"times\":99}]}",
	  GOOD, ERR_NETWORK, "token server", NULL, 0 },
	{ "token server talks nonsense",
	  "{\"auth\":\"token\",\"rules\":[{\"path\":\"/"
	  "token\",\"status\":200,\"body\":\"x\"}]}",
	  GOOD, ERR_AUTH, "not a token", NULL, 0 },
	{ "token with a line break",
	  "{\"auth\":\"token\",\"rules\":[{\"path\":\"/token\",\"status\":200,"
	  "\"body\":\"{\\\"token\\\":\\\"a\\\\r\\\\nX: y\\\"}\"}]}",
	  GOOD, ERR_AUTH, "not one word", NULL, 0 },
	{ "tokens that are refused at once", "{\"auth\":\"token\",\"token_life\":0}",
	  GOOD, ERR_AUTH, "authentication required", NULL, -1 },
};

static void
pushes_carry_what_the_server_asks_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pushes / sizeof *pushes; i++) {
		auto_free char *authfile = write_auth(pushes[i].entry);
		auto_registry struct registry *reg = session(
		        (struct registry_options){ .authfile = authfile, .retries = 2 });
		auto_reference struct reference ref = REFERENCE_INIT;
		auto_error struct error err = ERROR_INIT;
		auto_blob struct blob b = { 0 };
		enum push_outcome outcome;

		server_set(pushes[i].settings);
		blob_make(&b, 3000, 400 + (uint32_t)i);
		refer(&ref, faulty.port, "auth/push:1");
		push(reg, &ref, &b, NULL, &outcome, &err);
		if (err.code != pushes[i].code)
			fail_msg("%s: %d: %s", pushes[i].name, err.code, err.text);
		if (pushes[i].text != NULL && strstr(err.text, pushes[i].text) == NULL)
			fail_msg("%s: %s", pushes[i].name, err.text);
		if (pushes[i].hint != NULL &&
		    (err.hint == NULL || strstr(err.hint, pushes[i].hint) == NULL))
			fail_msg("%s: hint: %s", pushes[i].name, err.hint);
		if (err.text != NULL && (strstr(err.text, "wrongpw") != NULL ||
		                         strstr(err.text, "secret") != NULL))
			fail_msg("%s: a password in: %s", pushes[i].name, err.text);
		if (pushes[i].tokens >= 0 && server_count("tokens") != pushes[i].tokens)
			fail_msg("%s: %ld tokens", pushes[i].name,
			         server_count("tokens"));
	}
}

static void
anybody_may_pull_with_an_anonymous_token(void **state)
{
	auto_registry struct registry *reg = session((struct registry_options){ 0 });
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_blob struct blob b = { 0 };
	auto_buf struct buf got = BUF_INIT;
	enum push_outcome outcome;

	(void)state;
	server_set("{}");
	blob_make(&b, 3000, 500);
	refer(&ref, faulty.port, "auth/pull:1");
	assert_done(push(reg, &ref, &b, NULL, &outcome, &err), &err);
	server_set("{\"auth\":\"token\",\"anonymous_pull\":true}");
	assert_done(pull(reg, &ref, &b, &got, &err), &err);
	assert_done(pull(reg, &ref, &b, &got, &err), &err);
	assert_int_equal(server_count("tokens"), 1);
	assert_int_equal(server_requests("GET", "blobs"), 3);
}

static void
a_mount_asks_for_both_repositories_in_one_token(void **state)
{
	auto_free char *authfile = write_auth(GOOD);
	auto_registry struct registry *reg =
	        session((struct registry_options){ .authfile = authfile });
	auto_reference struct reference a = REFERENCE_INIT, b = REFERENCE_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_blob struct blob blob = { 0 };
	enum push_outcome outcome;

	(void)state;
	server_set("{\"auth\":\"token\"}");
	blob_make(&blob, 3000, 501);
	refer(&a, faulty.port, "auth/mount-a:1");
	refer(&b, faulty.port, "auth/mount-b:1");
	assert_done(push(reg, &a, &blob, NULL, &outcome, &err), &err);
	assert_done(push(reg, &b, &blob, "auth/mount-a", &outcome, &err), &err);
	assert_int_equal(outcome, PUSH_MOUNTED);
	assert_int_equal(
	        server_requests("GET /token", "repository:auth/mount-a:pull&") +
	                server_requests("GET /token", "scope=repository:auth/mount-b"),
	        2);
}

static void
tokens_that_expire_during_the_work_are_renewed(void **state)
{
	auto_free char *authfile = write_auth(GOOD);
	auto_registry struct registry *reg =
	        session((struct registry_options){ .authfile = authfile });
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error err = ERROR_INIT;
	struct timespec pause = { .tv_sec = 1, .tv_nsec = 100000000 };
	enum push_outcome outcome;

	(void)state;
	server_set("{\"auth\":\"token\",\"token_life\":1,\"max_body\":100000}");
	refer(&ref, faulty.port, "auth/expire:1");
	for (uint32_t i = 0; i < 2; i++) {
		auto_blob struct blob b = { 0 };

		blob_make(&b, 50000, 510 + i);
		assert_done(push(reg, &ref, &b, NULL, &outcome, &err), &err);
		nanosleep(&pause, NULL);
	}
	assert_true(server_count("tokens") >= 2);
}

static void
a_token_refused_before_its_time_is_replaced(void **state)
{
	auto_free char *authfile = write_auth(GOOD);
	auto_registry struct registry *reg =
	        session((struct registry_options){ .authfile = authfile });
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_blob struct blob a = { 0 }, b = { 0 };
	auto_free char *settings = NULL;
	enum push_outcome outcome;

	(void)state;
	server_set("{\"auth\":\"token\"}");
	blob_make(&a, 3000, 520);
	blob_make(&b, 60000000, 521);
	refer(&ref, faulty.port, "auth/early:1");
	assert_done(push(reg, &ref, &a, NULL, &outcome, &err), &err);
	settings = mem_print(
	        "{\"auth\":\"token\",\"rules\":[{\"method\":\"PUT\",\"status\":401,"
	        "\"read\":false,\"headers\":{\"WWW-Authenticate\":"
	        "\"Bearer realm=\\\"http://localhost:%d/token\\\"\"}}]}",
	        faulty.port);
	server_set(settings);
	assert_done(push(reg, &ref, &b, NULL, &outcome, &err), &err);
	assert_int_equal(server_requests("PUT", "uploads"), 2);
	assert_int_equal(server_count("tokens"), 1);
}

static void
a_server_of_redirects_sees_no_authorization(void **state)
{
	auto_free char *authfile = write_auth(GOOD);
	auto_registry struct registry *reg =
	        session((struct registry_options){ .authfile = authfile });
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_blob struct blob b = { 0 };
	auto_buf struct buf got = BUF_INIT;
	auto_free char *settings = NULL;
	enum push_outcome outcome;

	(void)state;
	settings = mem_print(
	        "{\"auth\":\"token\",\"redirect\":\"http://127.0.0.1:%d/storage/\"}",
	        faulty.port);
	server_set(settings);
	blob_make(&b, 3000, 530);
	refer(&ref, faulty.port, "auth/redirect:1");
	assert_done(push(reg, &ref, &b, NULL, &outcome, &err), &err);
	assert_done(pull(reg, &ref, &b, &got, &err), &err);
	assert_int_equal(server_requests("GET", "/storage/"), 1);
	assert_int_equal(server_count("foreign_authorization"), 0);
}

/* A password or identity token in the body of a request for a token: whatever status the
 * redirect has, it does not leave the server that it is for. */
static void
a_token_server_cannot_send_a_password_elsewhere(void **state)
{
	static const int statuses[] = { 301, 302, 303, 307, 308 };

	(void)state;
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
		auto_free char *authfile = write_auth(IDENTITY);
		auto_registry struct registry *reg =
		        session((struct registry_options){ .authfile = authfile });
		auto_reference struct reference ref = REFERENCE_INIT;
		auto_error struct error err = ERROR_INIT;
		auto_blob struct blob b = { 0 };
		auto_free char *settings = mem_print(
		        "{\"auth\":\"token\",\"rules\":[{\"method\":\"POST\",\"path\":"
		        "\"/token\",\"times\":99,\"status\":%d,\"headers\":{\"Location\":"
		        "\"http://127.0.0.1:%d/elsewhere\"}}]}",
		        statuses[i], faulty.port);
		enum push_outcome outcome;

		server_set(settings);
		blob_make(&b, 3000, 540);
		refer(&ref, faulty.port, "auth/caught:1");
		assert_int_equal(push(reg, &ref, &b, NULL, &outcome, &err), -1);
		if (statuses[i] >= 307)
			assert_int_equal(err.code, ERR_AUTH);
		assert_true(server_requests("POST", "/token") > 0);
		assert_int_equal(server_requests("", "/elsewhere"), 0);
	}
}

static void
no_secret_is_told_in_events(void **state)
{
	(void)state;
	assert_non_null(strstr(buf_str(&said), "/token"));
	assert_null(strstr(buf_str(&said), "secret"));
	assert_null(strstr(buf_str(&said), "dXNlcjpzZWNyZXQ="));
	assert_null(strstr(buf_str(&said), "Bearer"));
	assert_null(strstr(buf_str(&said), "wrongpw"));
}

static int
setup(void **state)
{
	(void)state;
	home = make_test_dir();
	unsetenv("http_proxy");
	unsetenv("DOCKER_AUTH_CONFIG");
	unsetenv("REGISTRY_AUTH_FILE");
	unsetenv("DOCKER_CONFIG");
	unsetenv("XDG_RUNTIME_DIR");
	setenv("HOME", home, 1);
	event_set_sink(note_event, NULL);
	event_set_debug("http");
	return faulty_registry_start(&faulty, "{}", NULL, NULL) ? 0 : -1;
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
		cmocka_unit_test(the_best_challenge_is_understood),
		cmocka_unit_test(error_bodies_become_one_clean_line),
		cmocka_unit_test(pushes_carry_what_the_server_asks_for),
		cmocka_unit_test(anybody_may_pull_with_an_anonymous_token),
		cmocka_unit_test(a_mount_asks_for_both_repositories_in_one_token),
		cmocka_unit_test(tokens_that_expire_during_the_work_are_renewed),
		cmocka_unit_test(a_token_refused_before_its_time_is_replaced),
		cmocka_unit_test(a_server_of_redirects_sees_no_authorization),
		cmocka_unit_test(a_token_server_cannot_send_a_password_elsewhere),
		cmocka_unit_test(no_secret_is_told_in_events),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
