#include "registry/credentials.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sys/stat.h>

#include "base/file.h"
#include "registry/authfile.h"
#include "tests/lib/loopback.h"

static char *home;

static const struct {
	const char *key, *normal;
} keys[] = {
	{ "https://index.docker.io/v1/", "docker.io" },
	{ "index.docker.io", "docker.io" },
	{ "registry-1.docker.io/acme", "docker.io/acme" },
	{ "docker.io", "docker.io" },
	{ "https://hub.example", "hub.example" },
	{ "http://localhost:5000/", "localhost:5000" },
	{ "https://registry.example/v2/", "registry.example" },
	{ "hub.example/acme/tool", "hub.example/acme/tool" },
	{ "registry.example/acme/v2", "registry.example/acme/v2" },
	{ "index.docker.io.example", "index.docker.io.example" },
};

static void
keys_are_normalised(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		auto_free char *got = authfile_key(keys[i].key);

		assert_string_equal(got, keys[i].normal);
	}
}

/* base64: dTpw = "u:p", aG9zdDpw = "host:p", b3JnOnA= = "org:p", cmVwbzpw = "repo:p" */
#define FILE_TEXT                                                                        \
	"{\"auths\":{"                                                                   \
	"\"reg.example\":{\"auth\":\"aG9zdDpw\"},"                                       \
	"\"reg.example/org\":{\"auth\":\"b3JnOnA=\"},"                                   \
	"\"reg.example/org/a/repo\":{\"auth\":\"cmVwbzpw\"},"                            \
	"\"https://index.docker.io/v1/\":{\"auth\":\"dTpw\"},"                           \
	"\"padded.example\":{\"auth\":\"dTpwAAA=\"},"                                    \
	"\"colon.example\":{\"auth\":\"dTpwOnE=\"},"                                     \
	"\"plain.example\":{\"username\":\"n\",\"password\":\"w\"},"                     \
	"\"identity.example\":{\"auth\":\"dTo=\",\"identitytoken\":\"idtok\"},"          \
	"\"token.example\":{\"registrytoken\":\"regtok\"},"                              \
	"\"empty.example\":{},"                                                          \
	"\"broken.example\":{\"auth\":\"***\"},"                                         \
	"\"helped.example\":{\"auth\":\"dTpw\"}},"                                       \
	"\"credHelpers\":{\"helped.example\":\"fake\",\"tok.example\":\"faketoken\","    \
	"\"miss.example\":\"fakemiss\",\"bad.example\":\"fakebad\","                     \
	"\"evil.example\":\"../../x\",\"none.example\":\"not-installed\"}}"

static const struct {
	const char *host, *repo;
	int found;
	const char *user, *password, *identity, *registry;
	const char *text; /* in the error */
} finds[] = {
	{ "reg.example", "x", 1, "host", "p", NULL, NULL, NULL },
	{ "reg.example", "org/x", 1, "org", "p", NULL, NULL, NULL },
	{ "reg.example", "organic/x", 1, "host", "p", NULL, NULL, NULL },
	{ "reg.example", "org/a/repo", 1, "repo", "p", NULL, NULL, NULL },
	{ "reg.example", "org/a/repo/deep", 1, "repo", "p", NULL, NULL, NULL },
	{ "docker.io", "library/alpine", 1, "u", "p", NULL, NULL, NULL },
	{ "padded.example", "x", 1, "u", "p", NULL, NULL, NULL },
	{ "colon.example", "x", 1, "u", "p:q", NULL, NULL, NULL },
	{ "plain.example", "x", 1, "n", "w", NULL, NULL, NULL },
	{ "identity.example", "x", 1, "u", "", "idtok", NULL, NULL },
	{ "token.example", "x", 1, NULL, NULL, NULL, "regtok", NULL },
	{ "empty.example", "x", 0, NULL, NULL, NULL, NULL, NULL },
	{ "broken.example", "x", 0, NULL, NULL, NULL, NULL, NULL },
	{ "other.example", "x", 0, NULL, NULL, NULL, NULL, NULL },
	{ "helped.example", "x", 1, "from-helper", "hush", NULL, NULL, NULL },
	{ "tok.example", "x", 1, NULL, NULL, "hush", NULL, NULL },
	{ "miss.example", "x", 0, NULL, NULL, NULL, NULL, NULL },
	{ "bad.example", "x", -1, NULL, NULL, NULL, NULL, "the keyring is locked" },
	{ "evil.example", "x", -1, NULL, NULL, NULL, NULL, "not a program's name" },
	{ "none.example", "x", -1, NULL, NULL, NULL, NULL,
	  "docker-credential-not-installed" },
};

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
add_helper(const char *name, const char *script)
{
	auto_free char *file = mem_print("docker-credential-%s", name);
	auto_free char *text = mem_print("#!/bin/sh\n%s\n", script);
	auto_free char *path = mem_print("%s/%s", home, file);

	write_file(home, file, text);
	assert_int_equal(chmod(path, 0755), 0);
}

static void
the_longest_key_wins_and_helpers_are_asked(void **state)
{
	auto_free char *authfile = mem_print("%s/auth.json", home);
	struct credentials *c;

	(void)state;
	write_file(home, "auth.json", FILE_TEXT);
	c = credentials_new(authfile, NULL);
	for (size_t i = 0; i < sizeof finds / sizeof *finds; i++) {
		auto_credential struct credential got = CREDENTIAL_INIT;
		auto_error struct error err = ERROR_INIT;
		int found = credentials_find(c, finds[i].host, finds[i].repo, &got, &err);

		if (found != finds[i].found)
			fail_msg("%s/%s: %d %s", finds[i].host, finds[i].repo, found,
			         found < 0 ? err.text : "");
		if (found < 0 && strstr(err.text, finds[i].text) == NULL)
			fail_msg("%s: %s", finds[i].host, err.text);
		if (!same(got.user, finds[i].user) ||
		    !same(got.password, finds[i].password) ||
		    !same(got.identity_token, finds[i].identity) ||
		    !same(got.registry_token, finds[i].registry))
			fail_msg("%s/%s: wrong credentials", finds[i].host,
			         finds[i].repo);
		if (found > 0)
			assert_non_null(got.source);
	}
	credentials_free(c);
}

static void
a_helper_is_asked_once_and_by_standard_input(void **state)
{
	auto_free char *authfile = mem_print("%s/auth.json", home);
	auto_free char *log = mem_print("%s/asked", home);
	auto_buf struct buf asked = BUF_INIT;
	auto_error struct error err = ERROR_INIT;
	struct credentials *c;

	(void)state;
	unlink(log);
	write_file(home, "auth.json", FILE_TEXT);
	c = credentials_new(authfile, NULL);
	for (int i = 0; i < 3; i++) {
		auto_credential struct credential got = CREDENTIAL_INIT;

		assert_int_equal(credentials_find(c, "helped.example", "x", &got, &err),
		                 1);
		assert_string_equal(got.source, "docker-credential-fake");
	}
	credentials_free(c);
	assert_int_equal(file_read(AT_FDCWD, log, 1000, &asked, &err), 1);
	assert_string_equal(buf_str(&asked), "get helped.example\n");
}

static void
the_store_is_asked_for_dockers_own_name(void **state)
{
	auto_free char *authfile = mem_print("%s/store.json", home);
	auto_free char *log = mem_print("%s/asked", home);
	auto_buf struct buf asked = BUF_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_credential struct credential got = CREDENTIAL_INIT;
	struct credentials *c;

	(void)state;
	unlink(log);
	write_file(home, "store.json",
	           "{\"credsStore\":\"fake\",\"auths\":{\"https://index.docker.io/v1/"
	           "\":{}}}");
	c = credentials_new(authfile, NULL);
	assert_int_equal(credentials_find(c, "docker.io", "library/x", &got, &err), 1);
	credentials_free(c);
	assert_int_equal(file_read(AT_FDCWD, log, 1000, &asked, &err), 1);
	assert_string_equal(buf_str(&asked), "get https://index.docker.io/v1/\n");
}

static void
put(const char *path, const char *user)
{
	auto_free char *dir = mem_copy_n(path, (size_t)(strrchr(path, '/') - path));
	auto_error struct error err = ERROR_INIT;
	auto_free char *text = mem_print(
	        "{\"auths\":{\"reg.example\":{\"username\":\"%s\",\"password\":\"p\"}}}",
	        user);

	assert_int_equal(file_make_dirs(AT_FDCWD, dir, 0700, &err), 0);
	write_file(dir, strrchr(path, '/') + 1, text);
}

static void
sources_are_looked_up_in_their_order(void **state)
{
	static const struct {
		const char *path, *variable, *value, *user;
	} places[] = {
		{ "/.dockercfg-none", NULL, NULL, NULL },
		{ "/.docker/config.json", NULL, NULL, "home-docker" },
		{ "/.config/containers/auth.json", NULL, NULL, "home-containers" },
		{ "/run/containers/auth.json", "XDG_RUNTIME_DIR", "/run", "run" },
		{ "/dc/config.json", "DOCKER_CONFIG", "/dc", "docker-config" },
		{ "/raf.json", "REGISTRY_AUTH_FILE", "/raf.json", "auth-file" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		auto_free char *path = mem_print("%s%s", home, places[i].path);
		auto_credential struct credential got = CREDENTIAL_INIT;
		auto_error struct error err = ERROR_INIT;
		struct credentials *c;

		if (places[i].user != NULL)
			put(path, places[i].user);
		if (places[i].variable != NULL) {
			auto_free char *value = mem_print("%s%s", home, places[i].value);

			setenv(places[i].variable, value, 1);
		}
		c = credentials_new(NULL, NULL);
		assert_int_equal(credentials_find(c, "reg.example", "x", &got, &err),
		                 places[i].user != NULL);
		if (places[i].user != NULL) {
			assert_string_equal(got.user, places[i].user);
			assert_string_equal(got.source, path);
		}
		credentials_free(c);
	}
	setenv("DOCKER_AUTH_CONFIG", "{\"auths\":{\"reg.example\":{\"auth\":\"dTpw\"}}}",
	       1);
	{
		auto_credential struct credential got = CREDENTIAL_INIT;
		auto_error struct error err = ERROR_INIT;
		struct credentials *c = credentials_new(NULL, NULL);

		assert_int_equal(credentials_find(c, "reg.example", "x", &got, &err), 1);
		assert_string_equal(got.source, "$DOCKER_AUTH_CONFIG");
		credentials_free(c);
	}
	unsetenv("DOCKER_AUTH_CONFIG");
	unsetenv("REGISTRY_AUTH_FILE");
	unsetenv("DOCKER_CONFIG");
	unsetenv("XDG_RUNTIME_DIR");
}

static void
a_missing_or_broken_authfile_is_an_error(void **state)
{
	static const char *const texts[] = { NULL, "{", "[]", "{\"auths\":[]}" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		auto_free char *path = mem_print("%s/bad%zu.json", home, i);
		auto_credential struct credential got = CREDENTIAL_INIT;
		auto_error struct error err = ERROR_INIT;
		struct credentials *c;

		if (texts[i] != NULL)
			write_file(home, strrchr(path, '/') + 1, texts[i]);
		c = credentials_new(path, NULL);
		assert_int_equal(credentials_find(c, "reg.example", "x", &got, &err), -1);
		assert_non_null(strstr(err.text, path));
		credentials_free(c);
	}
}

static int
setup(void **state)
{
	static const char *const clean[] = { "DOCKER_CONFIG", "REGISTRY_AUTH_FILE",
		                             "DOCKER_AUTH_CONFIG", "XDG_RUNTIME_DIR",
		                             "XDG_CONFIG_HOME" };
	auto_free char *path = NULL;

	(void)state;
	home = make_test_dir();
	for (size_t i = 0; i < sizeof clean / sizeof *clean; i++)
		unsetenv(clean[i]);
	path = mem_print("%s:%s", home, getenv("PATH"));
	setenv("PATH", path, 1);
	setenv("HOME", home, 1);
	add_helper("fake", "read s; echo \"$* $s\" >>$HOME/asked\n"
	                   "echo '{\"ServerURL\":\"x\",\"Username\":\"from-helper\","
	                   "\"Secret\":\"hush\"}'");
	add_helper("faketoken", "echo '{\"Username\":\"<token>\",\"Secret\":\"hush\"}'");
	add_helper("fakemiss", "echo 'credentials not found in native keychain'; exit 1");
	add_helper("fakebad", "echo 'the keyring is locked' >&2; exit 1");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	remove_test_dir(home);
	free(home);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_normalised),
		cmocka_unit_test(the_longest_key_wins_and_helpers_are_asked),
		cmocka_unit_test(a_helper_is_asked_once_and_by_standard_input),
		cmocka_unit_test(the_store_is_asked_for_dockers_own_name),
		cmocka_unit_test(sources_are_looked_up_in_their_order),
		cmocka_unit_test(a_missing_or_broken_authfile_is_an_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
