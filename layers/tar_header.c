#include "layers/tar_header.h"

#include <string.h>

void
tar_put_octal(char *field, size_t n, uint64_t value)
{
	if (n - 1 < 22 && value >> (3 * (n - 1)) != 0)
		value = 0;
	field[n - 1] = '\0';
	for (size_t i = n - 1; i > 0; i--) {
		field[i - 1] = (char)('0' + (value & 7));
		value >>= 3;
	}
}

uint32_t
tar_checksum(const struct tar_header *h, int32_t *as_signed)
{
	const unsigned char *p = (const unsigned char *)h;
	size_t from = offsetof(struct tar_header, checksum);
	size_t to = from + sizeof h->checksum;
	uint32_t sum = 8 * ' ';
	int32_t high = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++) {
		if (i >= from && i < to)
			continue;
		sum += p[i];
		high += p[i] >> 7;
	}
	if (as_signed != NULL)
		*as_signed = (int32_t)sum - 256 * high;
	return sum;
}
