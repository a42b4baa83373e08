#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/descriptor.h"
#include "base/jsonio.h"
#include "base/own.h"

#define DIGEST "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void
a_descriptor_survives_reading_and_writing(void **state)
{
	static const char *const rows[] = {
		"{\"mediaType\":\"" MEDIA_OCI_LAYER_GZIP "\",\"digest\":\"" DIGEST
		"\",\"size\":7}",
		"{\"digest\":\"" DIGEST "\",\"size\":0}",
		"{\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"digest\":\"" DIGEST
		"\",\"size\":9223372036854775807,\"platform\":{\"architecture\":\"arm\","
		"\"os\":\"linux\",\"variant\":\"v7\"},\"annotations\":{\"b\":\"1\",\"a\":"
		"\"\"}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_descriptor struct descriptor d = DESCRIPTOR_INIT,
		                                  copy = DESCRIPTOR_INIT;
		auto_error struct error err = ERROR_INIT;
		auto_json json_t *json = jsonio_parse(text_of(rows[i]), "doc", &err);
		auto_json json_t *again = NULL;
		auto_free char *text = NULL;

		assert_int_equal(descriptor_read(&d, json, "manifest", &err), 0);
		assert_non_null(d.media_type);
		descriptor_copy(&copy, &d);
		descriptor_clear(&d);
		again = descriptor_write(&copy);
		text = jsonio_print(again);
		assert_string_equal(text, rows[i]);
	}
}

static void
faults_are_named_by_member(void **state)
{
	static const struct {
		const char *json, *text;
	} rows[] = {
		{ "[]", "layers[3]: not an object" },
		{ "{}", "layers[3]: digest: missing" },
		{ "{\"digest\":\"" DIGEST "\"}", "layers[3]: size: missing" },
		{ "{\"digest\":\"sha256:\\n\",\"size\":1}",
		  "layers[3]: digest: \"sha256:\\n\" is not a digest" },
		{ "{\"digest\":1}", "layers[3]: digest: not a string" },
		{ "{\"digest\":\"" DIGEST "\",\"size\":-1}",
		  "layers[3]: size: not a number of 0 or more" },
		{ "{\"digest\":\"" DIGEST "\",\"size\":1,\"mediaType\":{}}",
		  "layers[3]: mediaType: not a string" },
		{ "{\"digest\":\"" DIGEST "\",\"size\":1,\"platform\":{\"os\":1}}",
		  "layers[3]: platform: os: not a string" },
		{ "{\"digest\":\"" DIGEST "\",\"size\":1,\"annotations\":{\"a\":1}}",
		  "layers[3]: annotations: a: not a string" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
		auto_error struct error err = ERROR_INIT;
		auto_json json_t *json = jsonio_parse(text_of(rows[i].json), "doc", &err);

		assert_non_null(json);
		assert_int_equal(descriptor_read(&d, json, "layers[3]", &err), -1);
		assert_string_equal(err.text, rows[i].text);
		assert_int_equal(err.code, ERR_DAMAGED);
		assert_null(d.media_type);
	}
}

static void
no_platform_is_told_from_an_empty_one(void **state)
{
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_json json_t *without =
	        jsonio_parse(TEXT("{\"digest\":\"" DIGEST "\",\"size\":1}"), "doc", &err);
	auto_json json_t *empty = jsonio_parse(
	        TEXT("{\"digest\":\"" DIGEST "\",\"size\":1,\"platform\":{}}"), "doc",
	        &err);

	(void)state;
	assert_int_equal(descriptor_read(&d, empty, "doc", &err), 0);
	assert_string_equal(d.platform.os, "");
	assert_int_equal(descriptor_read(&d, without, "doc", &err), 0);
	assert_null(d.platform.os);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_descriptor_survives_reading_and_writing),
		cmocka_unit_test(faults_are_named_by_member),
		cmocka_unit_test(no_platform_is_told_from_an_empty_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
