/* Any bytes as a message: what has nothing to hide stays as it is, and what was hidden
 * once looks the same when that is done again. A URL keeps its host. */
#include <assert.h>

#include "base/base.h"
#include "base/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* The parts of a URL make up the whole, and of a password nothing is left. */
static void
check_url(struct text url)
{
	auto_buf struct buf again = BUF_INIT, hidden = BUF_INIT;
	struct userinfo u, shown;

	if (!userinfo_find(url, &u))
		return;
	buf_add_text(&again, u.scheme);
	buf_add_text(&again, u.user);
	if (u.password.p != NULL) {
		buf_add_char(&again, ':');
		buf_add_text(&again, u.password);
	}
	buf_add_char(&again, '@');
	buf_add_text(&again, u.rest);
	assert(text_equal(url, buf_text(&again)));
	if (u.password.p == NULL)
		return;
	buf_add_redacted(&hidden, url);
	assert(userinfo_find(buf_text(&hidden), &shown));
	assert(text_is(shown.password, "xxxxx"));
	assert(text_equal(u.scheme, shown.scheme));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct text t = { (const char *)bytes, n };
	auto_buf struct buf once = BUF_INIT, twice = BUF_INIT;

	buf_add_redacted(&once, t);
	buf_add_redacted(&twice, buf_text(&once));
	assert(text_equal(buf_text(&once), buf_text(&twice)));
	assert(text_has_userinfo(t) || text_equal(t, buf_text(&once)));
	check_url(t);
	return 0;
}
