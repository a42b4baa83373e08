#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/jsonio.h"
#include "base/own.h"

static void
members_are_read_by_type(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_json json_t *json = jsonio_parse(TEXT("{\"s\":\"x\",\"n\":5,\"a\":[1],\"o\":"
	                                           "{},\"z\":null,\"m\":-1,\"r\":1.5}"),
	                                      "doc", &err);
	const char *s = "old";
	uint64_t n = 99;
	json_t *inner = NULL;

	(void)state;
	assert_non_null(json);
	assert_int_equal(jsonio_str(json, "s", &s, "doc", &err), 1);
	assert_string_equal(s, "x");
	assert_int_equal(jsonio_u64(json, "n", &n, "doc", &err), 1);
	assert_int_equal(n, 5);
	assert_int_equal(jsonio_array(json, "a", &inner, "doc", &err), 1);
	assert_int_equal(json_array_size(inner), 1);
	assert_int_equal(jsonio_object(json, "o", &inner, "doc", &err), 1);
	assert_true(json_is_object(inner));
	inner = NULL;
	assert_int_equal(jsonio_str(json, "z", &s, "doc", &err), 0);
	assert_int_equal(jsonio_u64(json, "absent", &n, "doc", &err), 0);
	assert_int_equal(jsonio_array(json, "z", &inner, "doc", &err), 0);
	assert_int_equal(jsonio_object(NULL, "z", &inner, "doc", &err), 0);
	assert_null(err.text);
	assert_int_equal(jsonio_u64(json, "m", &n, "doc", &err), -1);
	assert_int_equal(jsonio_u64(json, "r", &n, "doc", &err), -1);
	assert_int_equal(jsonio_array(json, "o", &inner, "doc", &err), -1);
	assert_int_equal(jsonio_object(json, "a", &inner, "doc", &err), -1);
	assert_int_equal(jsonio_str(json, "n", &s, "doc", &err), -1);
	assert_string_equal(err.text, "doc: n: not a string");
	assert_int_equal(err.code, ERR_DAMAGED);
	assert_string_equal(s, "x");
	assert_int_equal(n, 5);
	assert_null(inner);
}

static void
broken_texts_are_damaged(void **state)
{
	const struct text bad[] = { TEXT(""),         TEXT("{"),           TEXT("{} x"),
		                    TEXT("\"\xFF\""), TEXT("\"\\u0000\""), { NULL, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		auto_error struct error err = ERROR_INIT;

		assert_null(jsonio_parse(bad[i], "config", &err));
		assert_int_equal(err.code, ERR_DAMAGED);
		assert_memory_equal(err.text, "config: line ", 13);
	}
}

static void
deep_nesting_is_refused(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf deep = BUF_INIT;

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_add_char(&deep, '[');
	assert_null(jsonio_parse(buf_text(&deep), "config", &err));
}

static void
the_last_of_duplicate_keys_wins(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_json json_t *json = jsonio_parse(TEXT("{\"a\":1,\"a\":2}"), "doc", &err);
	uint64_t n = 0;

	(void)state;
	assert_int_equal(jsonio_u64(json, "a", &n, "doc", &err), 1);
	assert_int_equal(n, 2);
}

static void
printing_keeps_the_order_of_setting(void **state)
{
	auto_json json_t *json = json_object();
	auto_free char *compact = NULL, *pretty = NULL, *alone = NULL;
	auto_json json_t *text = jsonio_string(TEXT("\xC3\xA4\n\"/<"));

	(void)state;
	jsonio_set(json, "z", json_integer(1));
	jsonio_set(json, "a", json_true());
	jsonio_set(json, "none", NULL);
	jsonio_set(json, "z", json_integer(2));
	compact = jsonio_print(json);
	assert_string_equal(compact, "{\"z\":2,\"a\":true}");
	pretty = jsonio_print_pretty(json);
	assert_string_equal(pretty, "{\n  \"z\": 2,\n  \"a\": true\n}");
	alone = jsonio_print(text);
	assert_string_equal(alone, "\"\xC3\xA4\\n\\\"/<\"");
}

static void
any_bytes_make_a_string(void **state)
{
	static const char *const rows[][2] = {
		{ "plain", "plain" },
		{ "a\xFF"
		  "b",
		  "a\xEF\xBF\xBD"
		  "b" },
		{ "\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD" },
		{ "\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
	};
	auto_json json_t *object = json_object(), *zero = jsonio_string(TEXT("a\0b"));
	auto_free char *printed = NULL, *with_zero = jsonio_print(zero);

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		auto_json json_t *s = jsonio_string(text_of(rows[i][0]));

		assert_string_equal(json_string_value(s), rows[i][1]);
	}
	assert_string_equal(with_zero, "\"a\\u0000b\"");
	jsonio_set(object, "k\xFF", jsonio_string(TEXT("")));
	printed = jsonio_print(object);
	assert_string_equal(printed, "{\"k\xEF\xBF\xBD\":\"\"}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_read_by_type),
		cmocka_unit_test(broken_texts_are_damaged),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(the_last_of_duplicate_keys_wins),
		cmocka_unit_test(printing_keeps_the_order_of_setting),
		cmocka_unit_test(any_bytes_make_a_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
