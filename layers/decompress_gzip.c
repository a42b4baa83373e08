/* RFC 1952. A file is one or more members, one after the other; parallel encoders
 * write many. Padding with zeros is what tapes and some tools leave. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/own.h"
#include "layers/decompress_formats.h"

enum { GZIP_ONLY = 16 };

struct gzip_reader {
	z_stream z;
	bool in_member;
	bool padding; /* zeros were seen after a member */
};

void *
gzip_reader_open(const struct decompress_format *f, struct input *in, struct error *err)
{
	struct gzip_reader *r = mem_new(sizeof *r);

	(void)f;
	(void)in;
	if (inflateInit2(&r->z, MAX_WBITS + GZIP_ONLY) != Z_OK) {
		error_set(err, ERR_INTERNAL, "gzip: cannot start");
		free(r);
		return NULL;
	}
	r->in_member = true;
	return r;
}

void
gzip_reader_close(void *state)
{
	struct gzip_reader *r = state;

	if (r == NULL)
		return;
	inflateEnd(&r->z);
	free(r);
}

/* Between members: 1 another one starts, 0 the end, -1. */
static int
next_member(struct gzip_reader *r, struct input *in, struct error *err)
{
	int status;

	while ((status = input_fill(in, err)) == 1 && in->bytes[in->at] == 0) {
		r->padding = true;
		in->at++;
	}
	if (status <= 0)
		return status;
	if (r->padding || in->bytes[in->at] != 0x1f)
		return error_set(err, ERR_DAMAGED, "gzip: something follows the end");
	inflateReset(&r->z);
	r->in_member = true;
	return 1;
}

/* One step of zlib: bytes that came out, or -1. */
static ssize_t
step(struct gzip_reader *r, struct input *in, void *bytes, size_t n, struct error *err)
{
	int status;

	r->z.next_in = in->bytes + in->at;
	r->z.avail_in = (uInt)input_left(in);
	r->z.next_out = bytes;
	r->z.avail_out = n < UINT_MAX ? (uInt)n : UINT_MAX;
	n = r->z.avail_out;
	status = inflate(&r->z, Z_NO_FLUSH);
	in->at = in->n - r->z.avail_in;
	if (status == Z_STREAM_END)
		r->in_member = false;
	else if (status != Z_OK && status != Z_BUF_ERROR)
		return error_set(err, ERR_DAMAGED, "gzip: %s",
		                 r->z.msg != NULL ? r->z.msg : "damaged");
	return (ssize_t)(n - r->z.avail_out);
}

ssize_t
gzip_reader_read(void *state, struct input *in, void *bytes, size_t n, struct error *err)
{
	struct gzip_reader *r = state;

	for (;;) {
		int status = r->in_member ? input_fill(in, err) : next_member(r, in, err);
		ssize_t got;

		if (status < 0 || (status == 0 && !r->in_member))
			return status;
		got = step(r, in, bytes, n, err);
		if (got != 0)
			return got;
		/* zlib may still hold bytes when the input has ended. */
		if (status == 0 && r->in_member)
			return error_set(err, ERR_DAMAGED, "gzip: truncated");
	}
}
