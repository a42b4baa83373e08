#include "base/array.h"

#include <stdint.h>

#include "base/mem.h"

void *
array_grow(void *at, size_t n, size_t *cap, size_t size)
{
	if (n == *cap) {
		size_t more = *cap == 0 ? 8 : *cap;

		if (*cap > SIZE_MAX / 2)
			mem_die("array too large");
		at = mem_resize(at, *cap + more, size);
		*cap += more;
	}
	memset((char *)at + n * size, 0, size);
	return at;
}
