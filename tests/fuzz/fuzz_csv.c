/* Any bytes as a list of attributes: its fields, quoted, are a list of the same fields. */
#include <assert.h>

#include "base/base.h"
#include "base/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void
add_quoted(struct buf *out, struct text field)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < field.n; i++) {
		if (field.p[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, field.p[i]);
	}
	buf_add_char(out, '"');
}

/* Whether LIST was read to its end; then OUT is the same list with all fields quoted. */
static bool
quote_all(struct text list, struct buf *out)
{
	auto_buf struct buf field = BUF_INIT;
	auto_error struct error err = ERROR_INIT;
	size_t n_fields = 0, size = list.n;
	int found;

	while ((found = csv_next(&list, &field, &err)) > 0) {
		assert(field.n <= size && n_fields <= size);
		if (n_fields++ > 0)
			buf_add_char(out, ',');
		add_quoted(out, buf_text(&field));
	}
	assert(found == 0 || (err.code == ERR_USAGE && err.text != NULL));
	return found == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	auto_buf struct buf quoted = BUF_INIT, again = BUF_INIT;

	if (bytes == NULL || !quote_all((struct text){ (const char *)bytes, n }, &quoted))
		return 0;
	assert(quote_all(buf_text(&quoted), &again));
	assert(text_equal(buf_text(&quoted), buf_text(&again)));
	return 0;
}
