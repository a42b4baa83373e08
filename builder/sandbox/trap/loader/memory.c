#include "builder/sandbox/trap/loader/memory.h"

#include <stdint.h>

/* Compilers make calls of memcpy() and its kin by themselves. These are they; the empty asm
 * keeps compilers from making one here. */
void *memory_copy(void *to, const void *from, size_t n) __asm__("memcpy");
void *memory_set(void *to, int byte, size_t n) __asm__("memset");

void *
memory_move(void *to, const void *from, size_t n)
{
	const char *f = from;
	char *t = to;

	if ((uintptr_t)to <= (uintptr_t)from)
		return memory_copy(to, from, n);
	while (n-- > 0) {
		t[n] = f[n];
		__asm__ volatile("");
	}
	return to;
}

void *
memory_copy(void *to, const void *from, size_t n)
{
	const char *f = from;
	char *t = to;

	for (size_t i = 0; i < n; i++) {
		t[i] = f[i];
		__asm__ volatile("");
	}
	return to;
}

void *
memory_set(void *to, int byte, size_t n)
{
	char *t = to;

	for (size_t i = 0; i < n; i++) {
		t[i] = (char)byte;
		__asm__ volatile("");
	}
	return to;
}

size_t
memory_length(const char *text)
{
	size_t n = 0;

	while (text[n] != '\0')
		n++;
	return n;
}
