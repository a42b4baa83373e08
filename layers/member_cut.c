#include "layers/member_cut.h"

#include <stdint.h>
#include <string.h>

enum {
	NAME_SIZE = 100,
	SIZE_AT = 124,
	SIZE_DIGITS = 11,
	MAGIC_AT = 257,
	PREFIX_AT = 345,
	PREFIX_SIZE = 155,
};

/* FNV-1a of the bytes up to a NUL. */
static uint64_t
add_text(uint64_t hash, const char *p, size_t max)
{
	for (size_t i = 0; i < max && p[i] != '\0'; i++)
		hash = (hash ^ (unsigned char)p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t
hash_of_path(const char *header)
{
	uint64_t hash = add_text(UINT64_C(0xcbf29ce484222325), header + PREFIX_AT,
	                         PREFIX_SIZE);

	hash = add_text(hash ^ '/', header, NAME_SIZE);
	/* The low bits of FNV depend on few bits of the text. */
	hash = (hash ^ hash >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return hash ^ hash >> 32;
}

/* As octal digits say; anything else ends the number. */
static uint64_t
size_of_file(const char *header)
{
	uint64_t size = 0;

	for (size_t i = SIZE_AT; i < SIZE_AT + SIZE_DIGITS; i++) {
		if (header[i] < '0' || header[i] > '7')
			break;
		size = size * 8 + (uint64_t)(header[i] - '0');
	}
	return size;
}

static bool
begins_member(const struct member_sizes *s, const char *block)
{
	return memcmp(block + MAGIC_AT, "ustar", 5) == 0 &&
	       hash_of_path(block) % s->gap < size_of_file(block) + MEMBER_BLOCK;
}

size_t
member_cut_find(const struct member_sizes *s, const char *bytes, size_t n, size_t *seen)
{
	size_t at = *seen < s->least ? s->least : *seen;

	for (; at < s->most && at + MEMBER_BLOCK <= n; at += MEMBER_BLOCK)
		if (begins_member(s, bytes + at))
			return at;
	*seen = at;
	/* The last member is never empty: it waits for the byte after it. */
	return n > s->most ? s->most : 0;
}
