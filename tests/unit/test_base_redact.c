#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/redact.h"

static void
users_and_passwords_are_hidden(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "https://u:p@h/x.git", "https://xxxxx:xxxxx@h/x.git" },
		{ "https://token@h/x", "https://xxxxx@h/x" },
		{ "https://:p@h", "https://:xxxxx@h" },
		{ "https://u:@h", "https://xxxxx:xxxxx@h" },
		{ "HTTP://u:p@h", "HTTP://xxxxx:xxxxx@h" },
		{ "http://u:p@ss@h/x", "http://xxxxx:xxxxx@h/x" },
		{ "http://u:p/ss@h/x@y", "http://xxxxx:xxxxx@y" },
		{ "http://u:p%40@[::1]:80/x", "http://xxxxx:xxxxx@[::1]:80/x" },
		{ "git://u:p@h/x", "git://xxxxx:xxxxx@h/x" },
		{ "ssh://git:p@h/x", "ssh://xxxxx:xxxxx@h/x" },
		{ "socks5h://u:p@h:1", "socks5h://xxxxx:xxxxx@h:1" },
		{ "ADD 'http://u:p@h' \"https://t@g\" /",
		  "ADD 'http://xxxxx:xxxxx@h' \"https://xxxxx@g\" /" },
		{ "fatal: http://u:p@h/x: no, http://u:p@h/y",
		  "fatal: http://xxxxx:xxxxx@h/x: no, http://xxxxx:xxxxx@h/y" },
		{ "x=http://u:p@h", "x=http://xxxxx:xxxxx@h" },
		{ "http://u:p@h?q=http://v:w@g",
		  "http://xxxxx:xxxxx@h?q=http://xxxxx:xxxxx@g" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_buf struct buf out = BUF_INIT;

		buf_add_redacted(&out, text_of(rows[i].text));
		assert_string_equal(buf_str(&out), rows[i].want);
		assert_true(text_has_userinfo(text_of(rows[i].text)));
	}
}

static void
all_else_stays(void **state)
{
	static const char *const rows[] = {
		"",
		"https://h/x.git",
		"https://h:8443/@scope/pkg@1",
		"https://h/x@y",
		"https://h?x=a@b",
		"https://h#a@b",
		"https://[::1]:80/a@b",
		"ssh://git@h/x",
		"git@h:x.git",
		"docker-image://alpine@sha256:00",
		"oci-layout://dir@sha256:00",
		"://u:p@h",
		"https://",
		"https://@h/x",
		"a@b http:// c@d",
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_buf struct buf out = BUF_INIT;

		buf_add_redacted(&out, text_of(rows[i]));
		assert_string_equal(buf_str(&out), rows[i]);
		assert_false(text_has_userinfo(text_of(rows[i])));
	}
}

static void
an_address_comes_apart(void **state)
{
	struct userinfo u;

	(void)state;
	assert_true(userinfo_find(TEXT("https://a%40b:c:d@h:1/x"), &u));
	assert_true(text_is(u.scheme, "https://"));
	assert_true(text_is(u.user, "a%40b"));
	assert_true(text_is(u.password, "c:d"));
	assert_true(text_is(u.rest, "h:1/x"));
	assert_true(userinfo_find(TEXT("https://t@h"), &u));
	assert_null(u.password.p);
	assert_false(userinfo_find(TEXT("see https://t@h"), &u));
	assert_false(userinfo_find(TEXT("git@h:x"), &u));
}

static void
errors_are_clean_at_birth(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	error_set(&err, ERR_SOURCE, "%s: no", "https://u:p@h");
	assert_string_equal(err.text, "https://xxxxx:xxxxx@h: no");
	error_wrap(&err, "clone of %s", "https://v:w@g");
	assert_string_equal(err.text,
	                    "clone of https://xxxxx:xxxxx@g: https://xxxxx:xxxxx@h: no");
	error_hint(&err, "try %s", "http://u:p@h");
	assert_string_equal(err.hint, "try http://xxxxx:xxxxx@h");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_and_passwords_are_hidden),
		cmocka_unit_test(all_else_stays),
		cmocka_unit_test(an_address_comes_apart),
		cmocka_unit_test(errors_are_clean_at_birth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
