#include "builder/sandbox/inside/digits.h"

#include <stddef.h>

char *
digits_of(uint64_t v, unsigned base, char out[24])
{
	char digits[24];
	size_t n = 0, i = 0;

	do
		digits[n++] = (char)('0' + v % base);
	while ((v /= base) > 0);
	while (n > 0)
		out[i++] = digits[--n];
	out[i] = '\0';
	return out;
}
