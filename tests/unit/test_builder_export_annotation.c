/* --annotation and the attributes: buildx's syntax, and where each one goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "builder/export/annotation.h"

static const char *const kinds[] = { "manifest", "index", "manifest-descriptor",
	                             "index-descriptor" };

/* KIND[PLATFORM]:KEY=VALUE of each, with blanks between. */
static char *
print(const struct annotations *all)
{
	auto_buf struct buf out = BUF_INIT;

	for (size_t i = 0; i < all->list.n; i++) {
		const struct annotation *a = &all->list.at[i];
		auto_free char *platform = a->has_platform ? platform_print(&a->platform)
		                                           : mem_copy("");

		buf_print(&out, "%s%s[%s]:%s=%s", i > 0 ? " " : "", kinds[a->kind],
		          platform, a->key, a->value);
	}
	return mem_copy(buf_str(&out));
}

static const struct {
	const char *value, *printed; /* NULL: refused … */
	const char *error;           /* … with this */
} options[] = {
	{ "a=b", "manifest[]:a=b", NULL },
	{ "a=", "manifest[]:a=", NULL },
	{ "a=b=c", "manifest[]:a=b=c", NULL },
	{ "com.example.url=http://x:80/", "manifest[]:com.example.url=http://x:80/",
	  NULL },
	{ "manifest:a:b=c", "manifest[]:a:b=c", NULL },
	{ "index:a=b", "index[]:a=b", NULL },
	{ "index,manifest:a=b", "index[]:a=b manifest[]:a=b", NULL },
	{ "index-descriptor:a=b", "index-descriptor[]:a=b", NULL },
	{ "manifest[linux/arm64]:a=b", "manifest[linux/arm64]:a=b", NULL },
	{ "manifest[linux/arm64/v8]:a=b", "manifest[linux/arm64]:a=b", NULL },
	{ "manifest-descriptor[linux/arm/v6],index:a=b",
	  "manifest-descriptor[linux/arm/v6]:a=b index[]:a=b", NULL },
	{ "", NULL, "must be key=value" },
	{ "a", NULL, "must be key=value" },
	{ "=b", NULL, "must be key=value" },
	{ "index:=b", NULL, "must be key=value" },
	{ "index:a b=c", NULL, "a key has no blanks" },
	{ ":a=b", NULL, "unknown annotation type \"\"" },
	{ "index,:a=b", NULL, "unknown annotation type \"\"" },
	{ "indx:a=b", NULL, "unknown annotation type \"indx\"" },
	{ "INDEX:a=b", NULL, "unknown annotation type \"INDEX\"" },
	{ "[linux/amd64]:a=b", NULL, "unknown annotation type \"\"" },
	{ "manifest[]:a=b", NULL, "must be TYPE[OS/ARCH]" },
	{ "manifest[linux/amd64:a=b", NULL, "must be TYPE[OS/ARCH]" },
	{ "manifest[linux/amd64]x:a=b", NULL, "must be TYPE[OS/ARCH]" },
	{ "manifest[linux/]:a=b", NULL, "" },
	{ "manifest[a/b/c/d/e]:a=b", NULL, "" },
};

static void
options_are_read_as_buildx_reads_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		auto_error struct error err = ERROR_INIT;
		struct annotations all = { 0 };
		int failed = annotation_parse(&all, text_of(options[i].value), &err);
		auto_free char *printed = failed < 0 ? NULL : print(&all);

		annotations_clear(&all);
		if ((failed < 0) != (options[i].printed == NULL))
			fail_msg("%s: %s", options[i].value,
			         failed < 0 ? err.text : printed);
		if (failed == 0) {
			assert_string_equal(printed, options[i].printed);
			continue;
		}
		assert_int_equal(err.code, ERR_USAGE);
		if (strstr(err.text, options[i].error) == NULL)
			fail_msg("%s: %s", options[i].value, err.text);
	}
}

static const struct {
	const char *key;
	int found; /* 0: of another family */
	const char *printed;
} attributes[] = {
	{ "annotation.a", 1, "manifest[]:a=v" },
	{ "annotation.a.b", 1, "manifest[]:a.b=v" },
	{ "annotation-index.a", 1, "index[]:a=v" },
	{ "annotation-manifest-descriptor[linux/arm64].a", 1,
	  "manifest-descriptor[linux/arm64]:a=v" },
	{ "annotation[linux/arm64].a", 1, "manifest[linux/arm64]:a=v" },
	{ "annotation-indx.a", -1, NULL },
	{ "annotation-.a", -1, NULL },
	{ "annotation.", -1, NULL },
	{ "annotation-index", -1, NULL },
	{ "annotation[linux/arm64.a", -1, NULL },
	{ "annotation", 0, NULL },
	{ "annotations.a", 0, NULL },
};

static void
attributes_are_read_as_buildkit_reads_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
		auto_error struct error err = ERROR_INIT;
		struct annotations all = { 0 };
		int found = annotation_parse_attribute(&all, text_of(attributes[i].key),
		                                       TEXT("v"), &err);
		auto_free char *printed = print(&all);

		annotations_clear(&all);
		if (found != attributes[i].found)
			fail_msg("%s: %d", attributes[i].key, found);
		if (found == 1)
			assert_string_equal(printed, attributes[i].printed);
		if (found < 0)
			assert_int_equal(err.code, ERR_USAGE);
	}
}

static void
the_more_special_one_counts(void **state)
{
	auto_error struct error err = ERROR_INIT;
	struct annotations own = { 0 }, given = { 0 };
	auto_platform struct platform arm = PLATFORM_INIT, amd = PLATFORM_INIT;
	auto_json json_t *of_arm = NULL, *of_amd = NULL, *none = NULL;

	(void)state;
	assert_int_equal(platform_parse(&arm, TEXT("linux/arm64"), &err), 0);
	assert_int_equal(platform_parse(&amd, TEXT("linux/amd64"), &err), 0);
	assert_int_equal(
	        annotation_parse(&own, TEXT("manifest[linux/arm64]:a=special"), &err), 0);
	assert_int_equal(annotation_parse(&own, TEXT("b=own"), &err), 0);
	assert_int_equal(annotation_parse(&given, TEXT("a=all"), &err), 0);
	assert_int_equal(annotation_parse(&given, TEXT("b=given"), &err), 0);
	of_arm = annotations_json(&own, &given, ANNOTATION_MANIFEST, &arm);
	of_amd = annotations_json(&own, &given, ANNOTATION_MANIFEST, &amd);
	none = annotations_json(&own, &given, ANNOTATION_INDEX, NULL);
	assert_string_equal(json_string_value(json_object_get(of_arm, "a")), "special");
	assert_string_equal(json_string_value(json_object_get(of_amd, "a")), "all");
	assert_string_equal(json_string_value(json_object_get(of_arm, "b")), "given");
	assert_null(none);
	annotations_clear(&own);
	annotations_clear(&given);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_read_as_buildx_reads_them),
		cmocka_unit_test(attributes_are_read_as_buildkit_reads_them),
		cmocka_unit_test(the_more_special_one_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
