/* RFC 8878. libzstd goes on to the next frame by itself and passes over skippable
 * ones; frames may ask for windows of up to 128 MiB, its own limit. */
#include <zstd.h>

#include "base/mem.h"
#include "base/own.h"
#include "layers/decompress_formats.h"

struct zstd_reader {
	ZSTD_DStream *z;
	bool in_frame; /* the last one is not complete */
};

void *
zstd_reader_open(const struct decompress_format *f, struct input *in, struct error *err)
{
	struct zstd_reader *r;
	ZSTD_DStream *z = ZSTD_createDStream();

	(void)f;
	(void)in;
	if (z == NULL) {
		error_set(err, ERR_INTERNAL, "zstd: cannot start");
		return NULL;
	}
	r = mem_new(sizeof *r);
	r->z = z;
	return r;
}

void
zstd_reader_close(void *state)
{
	struct zstd_reader *r = state;

	if (r == NULL)
		return;
	ZSTD_freeDStream(r->z);
	free(r);
}

ssize_t
zstd_reader_read(void *state, struct input *in, void *bytes, size_t n, struct error *err)
{
	struct zstd_reader *r = state;
	ZSTD_outBuffer out = { bytes, n, 0 };

	for (;;) {
		int status = input_fill(in, err);
		ZSTD_inBuffer from = { in->bytes, in->n, in->at };
		size_t hint;

		if (status < 0 || (status == 0 && !r->in_frame))
			return status;
		hint = ZSTD_decompressStream(r->z, &out, &from);
		if (ZSTD_isError(hint))
			return error_set(err, ERR_DAMAGED, "zstd: %s",
			                 ZSTD_getErrorName(hint));
		in->at = from.pos;
		r->in_frame = hint != 0;
		if (out.pos > 0)
			return (ssize_t)out.pos;
		/* The library may still hold bytes when the input has ended. */
		if (status == 0 && r->in_frame)
			return error_set(err, ERR_DAMAGED, "zstd: truncated");
	}
}
