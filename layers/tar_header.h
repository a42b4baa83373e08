/*
 * tar_header: one 512-byte block of a tar archive (POSIX.1-2017 pax, "ustar
 * Interchange Format"), and the limits of its number fields.
 */
#ifndef LAYERS_TAR_HEADER_H
#define LAYERS_TAR_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TAR_BLOCK = 512,
	TAR_NAME_MAX = 100,
	TAR_PREFIX_MAX = 155,
};

struct tar_header {
	char name[TAR_NAME_MAX];
	char mode[8], uid[8], gid[8];
	char size[12], mtime[12];
	char checksum[8];
	char type;
	char link[TAR_NAME_MAX];
	char magic[6], version[2];
	char uname[32], gname[32];
	char dev_major[8], dev_minor[8];
	char prefix[TAR_PREFIX_MAX];
	char padding[12];
};

_Static_assert(sizeof(struct tar_header) == TAR_BLOCK, "a header is one block");

/* Largest values of the octal fields: 7 and 11 digits and a NUL. */
#define TAR_SMALL_MAX UINT64_C(07777777)
#define TAR_LARGE_MAX UINT64_C(077777777777)

/* VALUE as N - 1 octal digits and NUL; 0 if it does not fit. */
void tar_put_octal(char *field, size_t n, uint64_t value);

/* The sum of all bytes with the checksum field as blanks; the signed variant
 * is what some old writers stored. */
uint32_t tar_checksum(const struct tar_header *h, int32_t *as_signed);

/* Content is followed by zeros up to a whole block. */
static inline uint64_t
tar_padding(uint64_t size)
{
	return (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
}

#endif
