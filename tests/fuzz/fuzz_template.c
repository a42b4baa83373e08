/* Any bytes as a template: it is refused with a place, or prints the same twice. */
#include <assert.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "builder/template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const char document[] =
        "{\"Id\":\"sha256:00\",\"Size\":12,\"Ratio\":0.5,\"Yes\":true,\"Nothing\":null,"
        "\"Labels\":{\"a\":\"b\"},\"Env\":[\"A=b\",\"C=d\"],\"Matrix\":[[1,2],[3]]}";

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const maps[] = { "Labels", NULL };
	auto_error struct error err = ERROR_INIT, again = ERROR_INIT;
	auto_json json_t *data = jsonio_parse(text_of(document), "document", &err);
	auto_buf struct buf one = BUF_INIT, two = BUF_INIT;
	auto_template struct template *t = NULL;
	int failed;

	if (bytes == NULL)
		return 0;
	t = template_parse((struct text){ (const char *)bytes, n }, &err);
	if (t == NULL) {
		assert(err.code == ERR_USAGE && strstr(err.text, "line ") != NULL);
		return 0;
	}
	failed = template_print(t, data, maps, &one, &err);
	assert(failed == 0 || err.code == ERR_USAGE);
	assert(template_print(t, data, maps, &two, &again) == failed);
	assert(text_equal(buf_text(&one), buf_text(&two)));
	return 0;
}
