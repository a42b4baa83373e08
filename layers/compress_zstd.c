/* RFC 8878, by libzstd without threads of its own. All parameters that affect the output
 * are set here. */
#include <zstd.h>

#include "base/count.h"
#include "base/mem.h"
#include "layers/compress_formats.h"

void *
zstd_packer_new(int level)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();
	const struct {
		ZSTD_cParameter parameter;
		int value;
	} list[] = {
		{ ZSTD_c_compressionLevel, level },
		{ ZSTD_c_checksumFlag, 1 },
		{ ZSTD_c_contentSizeFlag, 1 },
	};

	if (z == NULL)
		mem_die("out of memory");
	for (size_t i = 0; i < COUNT_OF(list); i++)
		if (ZSTD_isError(
		            ZSTD_CCtx_setParameter(z, list[i].parameter, list[i].value)))
			mem_die("zstd: a parameter is unknown");
	return z;
}

void
zstd_packer_free(void *packer)
{
	ZSTD_freeCCtx(packer);
}

size_t
zstd_bound(size_t n)
{
	return ZSTD_compressBound(n);
}

size_t
zstd_pack(void *packer, const char *in, size_t n, char *out)
{
	const size_t size = ZSTD_compress2(packer, out, zstd_bound(n), in, n);

	if (ZSTD_isError(size))
		mem_die("zstd: out of memory");
	return size;
}
