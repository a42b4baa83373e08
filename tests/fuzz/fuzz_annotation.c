/* Any bytes, but for 0, as options: each line is one --annotation, or an attribute of
 * --output. What is accepted means the same when it is written out in full, and has its
 * place in a document. */
#include <assert.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "builder/export/annotation.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static int
parse(struct annotations *out, struct text line, struct error *err)
{
	ptrdiff_t equal = text_find(line, '=');
	int taken = 0;

	if (equal >= 0)
		taken = annotation_parse_attribute(out, text_first(line, (size_t)equal),
		                                   text_from(line, (size_t)equal + 1),
		                                   err);
	return taken == 0 ? annotation_parse(out, line, err) : taken;
}

/* As the command line does: the first mistake is the last thing read. */
static bool
parse_all(struct annotations *out, struct text lines)
{
	auto_error struct error err = ERROR_INIT;

	while (lines.n > 0) {
		ptrdiff_t end = text_find(lines, '\n');
		struct text line = text_first(lines, end < 0 ? lines.n : (size_t)end);

		if (parse(out, line, &err) < 0) {
			assert(err.code == ERR_USAGE && err.text != NULL);
			return false;
		}
		lines = text_from(lines, line.n + (end >= 0));
	}
	return true;
}

static void
print(const struct annotation *a, struct buf *out)
{
	static const char *const kinds[] = { "manifest", "index", "manifest-descriptor",
		                             "index-descriptor" };
	auto_free char *platform = a->has_platform ? platform_print(&a->platform) : NULL;

	buf_add_str(out, kinds[a->kind]);
	if (platform != NULL)
		buf_print(out, "[%s]", platform);
	buf_print(out, ":%s=%s", a->key, a->value);
}

static void
must_parse_to_itself(const struct annotation *a)
{
	struct annotations again = { 0 };
	auto_buf struct buf line = BUF_INIT, second = BUF_INIT;
	auto_error struct error err = ERROR_INIT;

	print(a, &line);
	assert(annotation_parse(&again, buf_text(&line), &err) == 0);
	assert(again.list.n == 1);
	print(&again.list.at[0], &second);
	assert(text_equal(buf_text(&line), buf_text(&second)));
	annotations_clear(&again);
}

static void
must_have_a_place(const struct annotations *all, const struct annotation *a)
{
	bool of_index = a->kind == ANNOTATION_INDEX ||
	                a->kind == ANNOTATION_INDEX_DESCRIPTOR;
	auto_json json_t *object = annotations_json(
	        NULL, all, a->kind, a->has_platform && !of_index ? &a->platform : NULL);
	auto_json json_t *key = jsonio_string(text_of(a->key));

	assert(json_is_string(json_object_get(object, json_string_value(key))));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct annotations all = { 0 };
	auto_error struct error err = ERROR_INIT;
	struct platform platform = PLATFORM_INIT;

	if (n > 0 && memchr(bytes, 0, n) != NULL)
		return 0;
	platform_set(&platform, "linux", "arm64", NULL, NULL);
	if (parse_all(&all, (struct text){ (const char *)bytes, n })) {
		for (size_t i = 0; i < all.list.n; i++) {
			must_parse_to_itself(&all.list.at[i]);
			must_have_a_place(&all, &all.list.at[i]);
		}
		if (annotations_check(&all, &platform, 1, false, &err) < 0)
			assert(err.code == ERR_USAGE && err.text != NULL);
	}
	annotations_clear(&all);
	platform_clear(&platform);
	return 0;
}
