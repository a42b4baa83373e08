#include "registry/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"
#include "base/jsonio.h"

#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85"
#define BLOB(type, last, more)                                                           \
	"{\"mediaType\":\"" type "\",\"digest\":\"sha256:" HEX last "\",\"size\":7" more \
	"}"
#define CONFIG BLOB(MEDIA_OCI_CONFIG, "0", "")
#define LAYER  BLOB(MEDIA_OCI_LAYER_GZIP, "1", "")
#define MANIFEST                                                                         \
	"{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[" LAYER "," LAYER "]}"
#define PLATFORM(last, os, arch)                                                         \
	BLOB(MEDIA_OCI_MANIFEST, last,                                                   \
	     ",\"platform\":{\"os\":\"" os "\",\"architecture\":\"" arch "\"}")
#define INDEX(entries) "{\"schemaVersion\":2,\"manifests\":[" entries "]}"

enum kind { MANIFEST_KIND, INDEX_KIND, REFUSED };

static const struct {
	const char *text;
	enum kind kind;
	const char *error;
} kinds[] = {
	{ MANIFEST, MANIFEST_KIND, NULL },
	{ INDEX(""), INDEX_KIND, NULL },
	{ "{\"mediaType\":\"" MEDIA_DOCKER_LIST "\",\"schemaVersion\":2}", INDEX_KIND,
	  NULL },
	{ "{\"mediaType\":\"" MEDIA_DOCKER_MANIFEST "\",\"config\":{}}", MANIFEST_KIND,
	  NULL },
	{ "{\"manifests\":[],\"layers\":[]}", REFUSED, "both an index and a manifest" },
	{ "{\"mediaType\":\"" MEDIA_OCI_INDEX "\",\"layers\":[]}", REFUSED,
	  "does not fit" },
	{ "{\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"manifests\":[]}", REFUSED,
	  "does not fit" },
	{ "{\"mediaType\":\"text/plain\"}", REFUSED, "text/plain is not an image" },
	{ "{\"mediaType\":7}", REFUSED, "mediaType: not a string" },
	{ "{\"schemaVersion\":1,\"fsLayers\":[]}", REFUSED, "schema 1 is not supported" },
	{ "{\"schemaVersion\":3}", REFUSED, "3 is not 2" },
	{ "{}", REFUSED, "neither an index nor a manifest" },
	{ "[]", REFUSED, "not an object" },
	{ "{", REFUSED, "line 1" },
	{ "", REFUSED, "x: line" },
};

static void
an_index_is_told_from_a_manifest(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		auto_error struct error err = ERROR_INIT;
		bool is_index = false;
		int rc = manifest_is_index(text_of(kinds[i].text), "x", &is_index, &err);

		if (kinds[i].kind != REFUSED) {
			assert_int_equal(rc, 0);
			assert_int_equal(is_index, kinds[i].kind == INDEX_KIND);
		} else if (rc == 0 || strstr(err.text, kinds[i].error) == NULL) {
			fail_msg("%s: %s", kinds[i].text,
			         rc == 0 ? "accepted" : err.text);
		}
	}
}

static void
a_manifest_gives_config_and_layers(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_manifest struct manifest m = { 0 };

	(void)state;
	assert_int_equal(manifest_read(&m, TEXT(MANIFEST), "x", &err), 0);
	assert_string_equal(m.media_type, MEDIA_OCI_MANIFEST);
	assert_string_equal(m.config.media_type, MEDIA_OCI_CONFIG);
	assert_int_equal(m.layers.n, 2);
	assert_int_equal(m.layers.at[1].size, 7);
	assert_string_equal(m.layers.at[1].media_type, MEDIA_OCI_LAYER_GZIP);
}

static const struct {
	const char *text, *error;
} broken[] = {
	{ INDEX(""), "x: an index, not a manifest" },
	{ "{\"layers\":[]}", "x: config: not an object" },
	{ "{\"config\":" CONFIG ",\"layers\":{}}", "x: layers: not an array" },
	{ "{\"config\":" CONFIG ",\"layers\":[7]}", "x: layers[0]: not an object" },
	{ "{\"config\":" CONFIG ",\"layers\":[" LAYER ",{\"digest\":\"no\",\"size\":1}]}",
	  "x: layers[1]: digest: \"no\" is not a digest" },
	{ "{\"config\":{\"digest\":\"sha256:" HEX "0\"}}", "x: config: size: missing" },
	{ "{\"config\":{\"digest\":\"sha256:" HEX "0\",\"size\":-1}}",
	  "x: config: size" },
};

static void
a_broken_manifest_is_refused_with_the_member_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_manifest struct manifest m = { 0 };

		assert_int_equal(manifest_read(&m, text_of(broken[i].text), "x", &err),
		                 -1);
		if (strstr(err.text, broken[i].error) == NULL)
			fail_msg("%s: %s", broken[i].text, err.text);
		assert_int_equal(m.layers.n, 0);
	}
}

static void
a_manifest_of_more_than_four_mebibytes_is_refused(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_manifest struct manifest m = { 0 };
	auto_buf struct buf big = BUF_INIT;

	(void)state;
	while (big.n <= 4u << 20)
		buf_add_str(&big, "                                                   ");
	assert_int_equal(manifest_read(&m, buf_text(&big), "x", &err), -1);
	assert_non_null(strstr(err.text, "more than the limit"));
}

static void
what_is_written_reads_back_equal(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_manifest struct manifest m = { 0 }, back = { 0 };
	auto_json json_t *notes = json_pack("{s:s}", "k", "v");
	auto_free char *text = NULL;

	(void)state;
	assert_int_equal(manifest_read(&m, TEXT(MANIFEST), "x", &err), 0);
	text = manifest_write(&m, notes);
	assert_true(text_starts(text_of(text),
	                        "{\n  \"schemaVersion\": 2,\n  \"mediaType\": "));
	assert_non_null(strstr(text, "\"annotations\": {\n    \"k\": \"v\"\n  }"));
	assert_int_equal(manifest_read(&back, text_of(text), "x", &err), 0);
	assert_int_equal(back.layers.n, 2);
	assert_true(digest_equal(&back.layers.at[0].digest, &m.layers.at[0].digest));
}

static void
docker_types_carry_annotations_of_manifests_only(void **state)
{
	static const char text[] =
	        "{\"mediaType\":\"" MEDIA_DOCKER_MANIFEST "\",\"config\":" CONFIG
	        ",\"layers\":[" BLOB(MEDIA_DOCKER_LAYER_GZIP, "1",
	                             ",\"annotations\":{\"a\":\"b\"}") "]}";
	auto_error struct error err = ERROR_INIT;
	auto_manifest struct manifest m = { 0 };
	auto_json json_t *notes = json_pack("{s:s}", "k", "v");
	auto_free char *written = NULL;

	(void)state;
	assert_int_equal(manifest_read(&m, text_of(text), "x", &err), 0);
	assert_non_null(m.layers.at[0].annotations);
	written = manifest_write(&m, notes);
	assert_null(strstr(written, "\"a\": \"b\""));
	assert_non_null(strstr(written, "\"k\": \"v\""));
}

static const struct {
	const char *text, *platform;
	int last; /* last hex digit of the entry that must win; -1: none */
	const char *error;
} finds[] = {
	{ INDEX(PLATFORM("1", "linux", "arm64") "," PLATFORM("2", "linux", "amd64")),
	  "linux/amd64", 2, NULL },
	{ INDEX(PLATFORM("1", "linux", "386") "," PLATFORM("2", "linux", "amd64")),
	  "linux/amd64", 2, NULL },
	{ INDEX(PLATFORM("1", "linux", "amd64") "," PLATFORM("2", "linux", "amd64")),
	  "linux/amd64", 1, NULL },
	{ INDEX(PLATFORM("1", "linux", "386")), "linux/amd64", 1, NULL },
	{ INDEX(BLOB(MEDIA_OCI_INDEX, "1", "") "," PLATFORM("2", "linux", "386")),
	  "linux/amd64", 2, NULL },
	{ INDEX(BLOB(MEDIA_OCI_INDEX, "1", "")), "linux/amd64", 1, NULL },
	{ INDEX(PLATFORM("1", "unknown", "unknown") "," PLATFORM(
	          "2", "linux",
	          "arm64") "," PLATFORM("3", "linux",
	                                "arm64") "," PLATFORM("4", "windows", "amd64")),
	  "linux/amd64", -1,
	  "no match for platform linux/amd64; it has linux/arm64, windows/amd64" },
	{ INDEX(BLOB(MEDIA_OCI_MANIFEST, "1",
	             ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"},"
	             "\"annotations\":{\"vnd.docker.reference.type\":\"attestation-"
	             "manifest\"}")),
	  "linux/amd64", -1, "no image at all" },
	{ INDEX(BLOB("application/x", "1", "")), "linux/amd64", -1, "no image at all" },
};

static void
the_best_entry_of_an_index_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof finds / sizeof *finds; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_index struct index ix = { 0 };
		auto_platform struct platform p = PLATFORM_INIT;
		const struct descriptor *d;

		assert_int_equal(platform_parse(&p, text_of(finds[i].platform), &err), 0);
		assert_int_equal(index_read(&ix, text_of(finds[i].text), "x", &err), 0);
		d = index_find(&ix, &p, "x", &err);
		if (finds[i].last >= 0) {
			assert_non_null(d);
			assert_int_equal(d->digest.bytes[31] & 15, finds[i].last);
			continue;
		}
		assert_null(d);
		assert_int_equal(err.code, ERR_SOURCE);
		if (strstr(err.text, finds[i].error) == NULL)
			fail_msg("%zu: %s", i, err.text);
	}
}

static void
an_index_is_written_with_platforms(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_index struct index ix = { 0 }, back = { 0 };
	auto_free char *text = NULL;

	(void)state;
	assert_int_equal(
	        index_read(&ix, TEXT(INDEX(PLATFORM("1", "linux", "arm64"))), "x", &err),
	        0);
	text = index_write(&ix, NULL);
	assert_int_equal(index_read(&back, text_of(text), "x", &err), 0);
	assert_string_equal(back.media_type, MEDIA_OCI_INDEX);
	assert_string_equal(back.manifests.at[0].platform.arch, "arm64");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_index_is_told_from_a_manifest),
		cmocka_unit_test(a_manifest_gives_config_and_layers),
		cmocka_unit_test(a_broken_manifest_is_refused_with_the_member_named),
		cmocka_unit_test(a_manifest_of_more_than_four_mebibytes_is_refused),
		cmocka_unit_test(what_is_written_reads_back_equal),
		cmocka_unit_test(docker_types_carry_annotations_of_manifests_only),
		cmocka_unit_test(the_best_entry_of_an_index_is_found),
		cmocka_unit_test(an_index_is_written_with_platforms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
