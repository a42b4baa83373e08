/* RFC 1952, by libdeflate: time 0, no name. */
#include <libdeflate.h>

#include "base/mem.h"
#include "layers/compress_formats.h"

void *
gzip_packer_new(int level)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(level);

	if (c == NULL)
		mem_die("out of memory");
	return c;
}

void
gzip_packer_free(void *packer)
{
	libdeflate_free_compressor(packer);
}

size_t
gzip_bound(size_t n)
{
	return libdeflate_gzip_compress_bound(NULL, n);
}

size_t
gzip_pack(void *packer, const char *in, size_t n, char *out)
{
	const size_t size = libdeflate_gzip_compress(packer, in, n, out, gzip_bound(n));

	if (size == 0)
		mem_die("gzip: a member did not fit");
	return size;
}
