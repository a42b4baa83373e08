#include "base/percent.h"

#include <ctype.h>

static unsigned
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return (unsigned)(tolower((unsigned char)c) - 'a' + 10);
}

void
percent_decode(struct text t, struct buf *out)
{
	for (size_t i = 0; i < t.n; i++) {
		unsigned byte = 0;

		if (t.p[i] == '%' && i + 2 < t.n && isxdigit((unsigned char)t.p[i + 1]) &&
		    isxdigit((unsigned char)t.p[i + 2]))
			byte = hex_value(t.p[i + 1]) * 16 + hex_value(t.p[i + 2]);
		buf_add_char(out, byte != 0 ? (char)byte : t.p[i]);
		i += byte != 0 ? 2 : 0;
	}
}
