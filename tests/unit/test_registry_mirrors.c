/* registries.conf: its language, its rules, and pulling from mirrors. */
#include "base/jsonio.h"
#include "registry/mirrors.h"
#include "registry/toml.h"
#include "tests/lib/registry_fixture.h"

static char *home;

static const struct {
	const char *text, *json; /* or the error */
	bool works;
} tomls[] = {
	{ "", "{}", true },
	{ "# only this\n\n", "{}", true },
	{ "a = 1\nb='x # y' # z\n", "{\"a\":1,\"b\":\"x # y\"}", true },
	{ "a = \"t\\tq\\\"\"", "{\"a\":\"t\\tq\\\"\"}", true },
	{ "a.b = true\n", "{\"a\":{\"b\":true}}", true },
	{ "\"x y\" = false\r\n", "{\"x y\":false}", true },
	{ "a = [\n 'x', # first\n 'y',\n]\n", "{\"a\":[\"x\",\"y\"]}", true },
	{ "a = []", "{\"a\":[]}", true },
	{ "[t.u]\nk = 1\n[t]\nj = 2", "{\"t\":{\"u\":{\"k\":1},\"j\":2}}", true },
	{ "[[r]]\nk=1\n[[r.m]]\nj=2\n[[r]]\nk=3",
	  "{\"r\":[{\"k\":1,\"m\":[{\"j\":2}]},{\"k\":3}]}", true },
	{ "a = 1\na = 2", "conf:2: a key is there twice", false },
	{ "a", "conf:1: \"=\" is missing", false },
	{ "a = ", "conf:1: this kind of value", false },
	{ "a = 1.5", "conf:1: this kind of value", false },
	{ "a = {}", "conf:1: this kind of value", false },
	{ "a = 'x", "conf:1: a string does not end", false },
	{ "a = \"\\q\"", "conf:1: unknown escape", false },
	{ "a = \"\"\"x\"\"\"", "conf:1: strings of several lines", false },
	{ "a = 1 b = 2", "conf:1: more on the line", false },
	{ "[a\n", "conf:1: \"]\" is missing", false },
	{ "[[a]\n", "conf:1: \"]\" is missing", false },
	{ "a = 1\n[a.b]", "conf:2: a table has the name of a value", false },
	{ "[a]\n[[a]]", "conf:2: a list of tables", false },
	{ "a = [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", "conf:1: lists are nested",
	  false },
};

static void
the_language_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof tomls / sizeof *tomls; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_json json_t *root = toml_parse(text_of(tomls[i].text), "conf", &err);
		auto_free char *json = NULL;

		if ((root != NULL) != tomls[i].works)
			fail_msg("%s: %s", tomls[i].text, err.text);
		if (root == NULL &&
		    strncmp(err.text, tomls[i].json, strlen(tomls[i].json)) != 0)
			fail_msg("%s: %s", tomls[i].text, err.text);
		if (root == NULL)
			continue;
		json = jsonio_print(root);
		assert_string_equal(json, tomls[i].json);
	}
}

#define CONF                                                                             \
	"unqualified-search-registries = ['example.org']\n"                              \
	"[[registry]]\nprefix = 'docker.io'\nlocation = 'proxy.example/hub'\n"           \
	"[[registry.mirror]]\nlocation = 'mirror.example/hub/'\ninsecure = true\n"       \
	"[[registry.mirror]]\nlocation = 'digests.example'\npull-from-mirror = "         \
	"'digest-only'\n"                                                                \
	"[[registry.mirror]]\nlocation = 'tags.example'\npull-from-mirror = "            \
	"'tag-only'\n"                                                                   \
	"[[registry]]\nprefix = 'docker.io/acme'\nlocation = 'acme.example/x'\n"         \
	"[[registry]]\nlocation = 'bad.example'\nblocked = true\n"                       \
	"[[registry]]\nprefix = '*.corp.example'\nlocation = 'corp-cache.example/c'\n"   \
	"[[registry]]\nprefix = 'a.corp.example'\n"                                      \
	"[[registry]]\nlocation = 'old.example'\nmirror-by-digest-only = true\n"         \
	"[[registry.mirror]]\nlocation = 'new.example/old'\n"                            \
	"[aliases]\n\"x\" = \"y\"\n"

static const struct {
	const char *host, *repo;
	bool to_pull, by_digest;
	const char *want; /* endpoints, blank between them; NULL: blocked */
} finds[] = {
	{ "hub.example", "a/b", true, false, "hub.example/a/b" },
	{ "docker.io", "library/x", true, false,
	  "mirror.example/hub/library/x tags.example/library/x "
	  "proxy.example/hub/library/x" },
	{ "docker.io", "library/x", true, true,
	  "mirror.example/hub/library/x digests.example/library/x "
	  "proxy.example/hub/library/x" },
	{ "docker.io", "library/x", false, false, "proxy.example/hub/library/x" },
	{ "docker.io", "acme/x", true, false, "acme.example/x/x" },
	{ "docker.io", "acme2/x", false, false, "proxy.example/hub/acme2/x" },
	{ "docker.io.example", "x", true, false, "docker.io.example/x" },
	{ "bad.example", "x", true, false, NULL },
	{ "b.corp.example", "x/y", true, false, "corp-cache.example/c/x/y" },
	{ "a.corp.example", "x", true, false, "a.corp.example/x" },
	{ "corp.example", "x", true, false, "corp.example/x" },
	{ "old.example", "x", true, false, "old.example/x" },
	{ "old.example", "x", true, true, "new.example/old/x old.example/x" },
};

static void
rules_are_followed(void **state)
{
	auto_free char *conf = mem_print("%s/registries.conf", home);
	struct mirrors *m;

	(void)state;
	write_file(home, "registries.conf", CONF);
	setenv("CONTAINERS_REGISTRIES_CONF", conf, 1);
	m = mirrors_new();
	unsetenv("CONTAINERS_REGISTRIES_CONF");
	for (size_t i = 0; i < sizeof finds / sizeof *finds; i++) {
		auto_endpoints struct endpoints all = { 0 };
		auto_error struct error err = ERROR_INIT;
		auto_buf struct buf got = BUF_INIT;
		int rc = mirrors_find(m, finds[i].host, finds[i].repo, finds[i].to_pull,
		                      finds[i].by_digest, &all, &err);

		if (finds[i].want == NULL) {
			assert_int_equal(rc, -1);
			assert_int_equal(err.code, ERR_POLICY);
			continue;
		}
		assert_int_equal(rc, 0);
		for (size_t k = 0; k < all.list.n; k++)
			buf_print(&got, "%s%s/%s", k > 0 ? " " : "", all.list.at[k].host,
			          all.list.at[k].repo);
		assert_string_equal(buf_str(&got), finds[i].want);
	}
	assert_true(mirrors_insecure(m, "mirror.example"));
	assert_false(mirrors_insecure(m, "proxy.example"));
	mirrors_free(m);
}

static void
later_files_replace_rules_and_broken_ones_are_told(void **state)
{
	auto_free char *dir = mem_print("%s/.config/containers", home);
	auto_free char *folder = mem_print("%s/registries.conf.d", dir);
	auto_endpoints struct endpoints all = { 0 };
	auto_error struct error err = ERROR_INIT;
	struct mirrors *m;

	(void)state;
	assert_int_equal(file_make_dirs(AT_FDCWD, folder, 0700, &err), 0);
	write_file(dir, "registries.conf",
	           "[[registry]]\nprefix='h.example'\nlocation='one.example'");
	write_file(folder, "1.conf",
	           "[[registry]]\nprefix='h.example'\nlocation='two.example'");
	write_file(folder, "2.conf", "[[registry");
	write_file(folder, "3.txt",
	           "[[registry]]\nprefix='h.example'\nlocation='three.example'");
	buf_truncate(&said, 0);
	m = mirrors_new();
	assert_non_null(strstr(buf_str(&said), "2.conf:1: \"]\" is missing"));
	assert_int_equal(mirrors_find(m, "h.example", "x", true, false, &all, &err), 0);
	assert_string_equal(all.list.at[0].host, "two.example");
	mirrors_free(m);
	remove_test_dir(dir);
}

static struct registry *
session_with(const char *conf)
{
	auto_free char *path = mem_print("%s/live.conf", home);
	struct registry *reg;

	write_file(home, "live.conf", conf);
	setenv("CONTAINERS_REGISTRIES_CONF", path, 1);
	reg = session((struct registry_options){ .timeout_s = 1 });
	unsetenv("CONTAINERS_REGISTRIES_CONF");
	return reg;
}

static void
what_a_mirror_has_is_pulled_from_it(void **state)
{
	auto_free char *conf =
	        mem_print("[[registry]]\nprefix='docker.io'\n"
	                  "[[registry.mirror]]\nlocation='localhost:%d'\n"
	                  "[[registry.mirror]]\nlocation='localhost:%d/hub'\n",
	                  free_port(), faulty.port);
	auto_registry struct registry *plain = session((struct registry_options){ 0 });
	auto_registry struct registry *reg = session_with(conf);
	auto_reference struct reference real = REFERENCE_INIT, name = REFERENCE_INIT;
	auto_platform struct platform host = PLATFORM_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_resolved struct resolved r = { 0 };
	auto_blob struct blob b = { 0 };
	auto_buf struct buf got = BUF_INIT;

	(void)state;
	server_set("{}");
	blob_make(&b, 100000, 700);
	refer(&real, faulty.port, "hub/library/thing:1");
	assert_done(push_image(plain, &real, &b, &err), &err);
	assert_int_equal(reference_parse(&name, TEXT("thing:1"), &err), 0);
	platform_host(&host);
	buf_truncate(&said, 0);
	assert_done(registry_resolve(reg, &name, &host, &r, &err), &err);
	assert_done(pull(reg, &name, &b, &got, &err), &err);
	assert_int_equal(got.n, b.d.size);
	assert_non_null(strstr(buf_str(&said), "is left out"));
}

static void
what_a_mirror_lacks_comes_from_the_registry(void **state)
{
	auto_free char *conf =
	        mem_print("[[registry]]\nprefix='localhost:%d/own'\n"
	                  "[[registry.mirror]]\nlocation='localhost:%d/copy'\n",
	                  faulty.port, faulty.port);
	auto_registry struct registry *reg = session_with(conf);
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_blob struct blob b = { 0 };
	auto_buf struct buf got = BUF_INIT;

	(void)state;
	server_set("{}");
	blob_make(&b, 100000, 701);
	refer(&ref, faulty.port, "own/thing:1");
	assert_done(push_image(reg, &ref, &b, &err), &err);
	assert_int_equal(server_requests("PUT", "/copy/"), 0);
	assert_done(pull(reg, &ref, &b, &got, &err), &err);
	assert_int_equal(server_requests("GET", "/copy/thing/blobs"), 1);
	assert_int_equal(server_requests("GET", "/own/thing/blobs"), 1);
}

/* Whatever a mirror answers, what the registry has is what comes. */
static const struct {
	const char *name, *rule; /* of requests to the mirror */
} mirror_faults[] = {
	{ "500", "\"status\":500" },
	{ "403", "\"status\":403" },
	{ "401 without a word", "\"status\":401" },
	{ "a page of HTML", "\"status\":200,\"body\":\"<html>log in</html>\"" },
	{ "nothing", "\"status\":200" },
	{ "a changed byte", "\"corrupt\":true" },
	{ "cut off", "\"reset\":10" },
	{ "too short", "\"short\":10" },
	{ "another length", "\"status\":200,\"body\":\"{}\"" },
	{ "silence", "\"stall\":4" },
	{ "silence in the middle", "\"drip\":10,\"seconds\":4" },
};

static void
what_a_mirror_spoils_comes_from_the_registry(void **state)
{
	auto_free char *conf =
	        mem_print("[[registry]]\nprefix='localhost:%d/good'\n"
	                  "[[registry.mirror]]\nlocation='localhost:%d/bad'\n",
	                  faulty.port, faulty.port);
	auto_reference struct reference ref = REFERENCE_INIT, copy = REFERENCE_INIT;
	auto_platform struct platform host = PLATFORM_INIT;
	auto_error struct error first = ERROR_INIT;
	auto_blob struct blob b = { 0 };
	auto_registry struct registry *plain = session((struct registry_options){ 0 });

	(void)state;
	server_set("{}");
	platform_host(&host);
	blob_make(&b, 100000, 702);
	refer(&ref, faulty.port, "good/thing:1");
	refer(&copy, faulty.port, "bad/thing:1");
	assert_done(push_image(plain, &ref, &b, &first), &first);
	assert_done(push_image(plain, &copy, &b, &first), &first);
	for (size_t i = 0; i < sizeof mirror_faults / sizeof *mirror_faults; i++) {
		for (int blobs = 0; blobs < 2; blobs++) {
			auto_registry struct registry *reg = session_with(conf);
			auto_error struct error err = ERROR_INIT;
			auto_resolved struct resolved r = { 0 };
			auto_buf struct buf got = BUF_INIT;
			auto_free char *rules = mem_print(
			        "{\"rules\":[{\"path\":\"/bad/thing/%s\","
			        "\"times\":99,%s}]}",
			        blobs ? "blobs" : "manifests", mirror_faults[i].rule);

			server_set(rules);
			if (registry_resolve(reg, &ref, &host, &r, &err) < 0 ||
			    pull(reg, &ref, &b, &got, &err) < 0)
				fail_msg("%s: %s", mirror_faults[i].name, err.text);
			assert_int_equal(got.n, b.d.size);
			assert_memory_equal(got.p, b.bytes, got.n);
		}
	}
}

static int
setup(void **state)
{
	(void)state;
	home = make_test_dir();
	unsetenv("http_proxy");
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
		cmocka_unit_test(the_language_is_read),
		cmocka_unit_test(rules_are_followed),
		cmocka_unit_test(later_files_replace_rules_and_broken_ones_are_told),
		cmocka_unit_test(what_a_mirror_has_is_pulled_from_it),
		cmocka_unit_test(what_a_mirror_lacks_comes_from_the_registry),
		cmocka_unit_test(what_a_mirror_spoils_comes_from_the_registry),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
