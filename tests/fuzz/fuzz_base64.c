/* Any bytes as base64: what is read and written again has the same digits, but for those
 * bits of the last one that nothing was made of. */
#include <assert.h>

#include "base/base.h"
#include "base/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static struct text
without_padding(struct text t)
{
	while (text_ends(t, "="))
		t.n--;
	return t;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct text given = without_padding((struct text){ (const char *)bytes, n });
	auto_buf struct buf plain = BUF_INIT, digits = BUF_INIT;
	struct text written;

	if (!base64_read(&plain, (struct text){ (const char *)bytes, n }))
		return 0;
	base64_add(&digits, buf_str(&plain), plain.n);
	written = without_padding(buf_text(&digits));
	assert(written.n == given.n);
	if (given.n > 0)
		assert(memcmp(written.p, given.p, given.n - (given.n % 4 != 0)) == 0);
	return 0;
}
