#include "registry/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#define HEX64  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define DIGEST "sha256:" HEX64
#define TEN(s) s s s s s s s s s s

static const struct {
	const char *text, *full, *brief;
} good[] = {
	{ "alpine", "docker.io/library/alpine:latest", "alpine" },
	{ "alpine:3.20", "docker.io/library/alpine:3.20", "alpine:3.20" },
	{ "library/alpine", "docker.io/library/alpine:latest", "alpine" },
	{ "docker.io/alpine", "docker.io/library/alpine:latest", "alpine" },
	{ "docker.io/library/alpine:latest", "docker.io/library/alpine:latest",
	  "alpine" },
	{ "index.docker.io/alpine", "docker.io/library/alpine:latest", "alpine" },
	{ "acme/tool", "docker.io/acme/tool:latest", "acme/tool" },
	{ "acme/a/b/c:x", "docker.io/acme/a/b/c:x", "acme/a/b/c:x" },
	{ "library/a/b", "docker.io/library/a/b:latest", "library/a/b" },
	{ "hub.example/acme/tool:2", "hub.example/acme/tool:2",
	  "hub.example/acme/tool:2" },
	{ "hub.example/tool", "hub.example/tool:latest", "hub.example/tool" },
	{ "localhost/tool", "localhost/tool:latest", "localhost/tool" },
	{ "localhost:5000/a/b", "localhost:5000/a/b:latest", "localhost:5000/a/b" },
	{ "localhost:5000", "docker.io/library/localhost:5000", "localhost:5000" },
	{ "docker.io/localhost/x", "docker.io/localhost/x:latest",
	  "docker.io/localhost/x" },
	{ "docker.io/a.b/x", "docker.io/a.b/x:latest", "docker.io/a.b/x" },
	{ "Acme/tool", "Acme/tool:latest", "Acme/tool" },
	{ "127.0.0.1:5000/x:1", "127.0.0.1:5000/x:1", "127.0.0.1:5000/x:1" },
	{ "[::1]:5000/x", "[::1]:5000/x:latest", "[::1]:5000/x" },
	{ "[fd00::A]/x", "[fd00::A]/x:latest", "[fd00::A]/x" },
	{ "a__b/c-d/e--f/g.h_i", "docker.io/a__b/c-d/e--f/g.h_i:latest",
	  "a__b/c-d/e--f/g.h_i" },
	{ "alpine@" DIGEST, "docker.io/library/alpine@" DIGEST, "alpine@" DIGEST },
	{ "alpine:1@" DIGEST, "docker.io/library/alpine:1@" DIGEST, "alpine:1@" DIGEST },
	{ "alpine:latest@" DIGEST, "docker.io/library/alpine:latest@" DIGEST,
	  "alpine:latest@" DIGEST },
	{ "localhost:5000/a/b@" DIGEST, "localhost:5000/a/b@" DIGEST,
	  "localhost:5000/a/b@" DIGEST },
	{ "a:_-.A", "docker.io/library/a:_-.A", "a:_-.A" },
	{ "docker.io/library/" HEX64, "docker.io/library/" HEX64 ":latest",
	  "library/" HEX64 },
};

static const struct {
	const char *text, *error;
} bad[] = {
	{ "", "the name is empty" },
	{ "Alpine", "repository name (library/Alpine) must be lowercase" },
	{ "hub.example/Acme/x", "repository name (Acme/x) must be lowercase" },
	{ "a//b", "invalid reference format" },
	{ "/a", "invalid reference format" },
	{ "a/", "invalid reference format" },
	{ "hub.example/", "invalid reference format" },
	{ "a_", "invalid reference format" },
	{ "a___b", "invalid reference format" },
	{ "a..b/c", "invalid reference format" },
	{ ".a/c", "invalid reference format" },
	{ "a.-b/c", "invalid reference format" },
	{ "a-.b/c", "invalid reference format" },
	{ "a b", "invalid reference format" },
	{ "a:", "invalid reference format" },
	{ "a:-x", "invalid reference format" },
	{ "a:x/y", "invalid reference format" },
	{ "a:b:c", "invalid reference format" },
	{ "host:port/x", "invalid reference format" },
	{ "host:/x", "invalid reference format" },
	{ "[::g]/x", "invalid reference format" },
	{ "[::1/x", "invalid reference format" },
	{ "[::1]x/y", "invalid reference format" },
	{ "a@sha256:abc", "bad digest sha256:abc" },
	{ "a@" DIGEST "0", "bad digest" },
	{ "a@md5:" HEX64, "bad digest" },
	{ "a@", "bad digest" },
	{ "@" DIGEST, "invalid reference format" },
	{ "https://hub.example/a/b", "invalid reference format" },
	{ HEX64, "64 hexadecimal digits" },
	{ TEN("abcdefghijklmnopqrstuvwxyz"), "not be more than 255" },
	{ "a:" TEN("abcdefghijklm"), "invalid reference format" },
	{ "\xc3\xa4", "invalid reference format" },
};

static void
short_names_are_filled_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		auto_reference struct reference ref = REFERENCE_INIT;
		auto_error struct error err = ERROR_INIT;
		auto_free char *full = NULL, *brief = NULL;

		if (reference_parse(&ref, text_of(good[i].text), &err) < 0)
			fail_msg("%s: %s", good[i].text, err.text);
		full = reference_print(&ref);
		brief = reference_short(&ref);
		assert_string_equal(full, good[i].full);
		assert_string_equal(brief, good[i].brief);
	}
}

static void
what_is_printed_parses_to_the_same_reference(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		const char *forms[] = { good[i].full, good[i].brief };

		for (size_t k = 0; k < 2; k++) {
			auto_reference struct reference ref = REFERENCE_INIT;
			auto_error struct error err = ERROR_INIT;
			auto_free char *full = NULL;

			if (reference_parse(&ref, text_of(forms[k]), &err) < 0)
				fail_msg("%s: %s", forms[k], err.text);
			full = reference_print(&ref);
			assert_string_equal(full, good[i].full);
		}
	}
}

static void
bad_names_are_refused_with_their_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		auto_reference struct reference ref = REFERENCE_INIT;
		auto_error struct error err = ERROR_INIT;

		if (reference_parse(&ref, text_of(bad[i].text), &err) == 0)
			fail_msg("%s: was accepted", bad[i].text);
		assert_int_equal(err.code, ERR_USAGE);
		assert_true(text_starts(text_of(err.text), "invalid reference format"));
		if (strstr(err.text, bad[i].error) == NULL)
			fail_msg("%s: %s", bad[i].text, err.text);
		assert_null(ref.host);
		assert_null(ref.repo);
	}
}

static void
a_copy_owns_its_parts(void **state)
{
	auto_reference struct reference a = REFERENCE_INIT, b = REFERENCE_INIT;
	auto_error struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(reference_parse(&a, TEXT("hub.example/a/b:1@" DIGEST), &err), 0);
	reference_copy(&b, &a);
	reference_clear(&a);
	assert_string_equal(b.host, "hub.example");
	assert_string_equal(b.repo, "a/b");
	assert_string_equal(b.tag, "1");
	assert_string_equal(b.digest, DIGEST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_names_are_filled_in),
		cmocka_unit_test(what_is_printed_parses_to_the_same_reference),
		cmocka_unit_test(bad_names_are_refused_with_their_reason),
		cmocka_unit_test(a_copy_owns_its_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
