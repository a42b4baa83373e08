/*
 * image: maps an ELF file as the kernel's binfmt_elf.c does. No function of a C library
 * exists here.
 */
#ifndef BUILDER_SANDBOX_TRAP_LOADER_IMAGE_H
#define BUILDER_SANDBOX_TRAP_LOADER_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

struct image {
	uint64_t bias;       /* address in memory less the file's */
	uint64_t begin, end; /* of all segments, in memory */
	uint64_t entry;
	uint64_t
	        headers; /* the address of the program headers, 0 if they are not mapped */
	uint32_t n_headers;
	bool has_executable_stack;
};

/* Maps the file FD. 0, or an errno. PAGE is the size of a page. */
int image_map(int fd, uint64_t page, struct image *out);

#endif
