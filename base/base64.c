#include "base/base64.h"

#include <ctype.h>
#include <openssl/evp.h>

#include "base/mem.h"
#include "base/own.h"

#define TEXT_MAX ((size_t)16 * 1024 * 1024)

/* libcrypto counts in int, so the input is passed in pieces; their size is a multiple of
 * 3. */
#define PIECE ((size_t)48 * 1024)

void
base64_add(struct buf *out, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	auto_free unsigned char *digits = mem_new(PIECE / 3 * 4 + 1);

	for (size_t at = 0; at < n; at += PIECE) {
		size_t piece = n - at < PIECE ? n - at : PIECE;
		int got = EVP_EncodeBlock(digits, p + at, (int)piece);

		buf_add(out, digits, (size_t)got);
	}
}

/* libcrypto would skip blanks at both ends and "-" at the end, and take "=" for a
 * digit. */
static bool
has_digits_only(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (!isalnum((unsigned char)t.p[i]) && t.p[i] != '+' && t.p[i] != '/')
			return false;
	return true;
}

bool
base64_read(struct buf *out, struct text t)
{
	auto_buf struct buf digits = BUF_INIT;
	auto_free unsigned char *bytes = NULL;
	size_t padding = 0;
	int n = 0;

	while (text_ends(t, "="))
		t = text_first(t, t.n - 1);
	if (t.n > TEXT_MAX || t.n % 4 == 1 || !has_digits_only(t))
		return false;
	buf_add_text(&digits, t);
	for (; (t.n + padding) % 4 != 0; padding++)
		buf_add_char(&digits, '=');
	bytes = mem_new(digits.n / 4 * 3 + 1);
	n = EVP_DecodeBlock(bytes, (const unsigned char *)buf_str(&digits),
	                    (int)digits.n);
	if (n >= (int)padding)
		buf_add(out, bytes, (size_t)n - padding);
	if (digits.n > 0)
		explicit_bzero(digits.p, digits.n);
	explicit_bzero(bytes, digits.n / 4 * 3 + 1);
	return n >= (int)padding;
}
