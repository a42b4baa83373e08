/* RFC 1952. A file is one or more members, one after the other; parallel encoders
 * write many. Padding with zeros is what tapes and some tools leave. */
#include <isa-l/igzip_lib.h>
#include <limits.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/own.h"
#include "layers/decompress_formats.h"

struct gzip_reader {
	struct inflate_state z;
	bool in_member;
	bool padding; /* zeros were seen after a member */
};

static void
begin_member(struct gzip_reader *r)
{
	isal_inflate_reset(&r->z);
	r->z.crc_flag = ISAL_GZIP;
	r->in_member = true;
}

void *
gzip_reader_open(const struct decompress_format *f, struct input *in, struct error *err)
{
	struct gzip_reader *r = mem_new(sizeof *r);

	(void)f;
	(void)in;
	(void)err;
	isal_inflate_init(&r->z);
	begin_member(r);
	return r;
}

void
gzip_reader_close(void *state)
{
	free(state);
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
	begin_member(r);
	return 1;
}

static const char *
fault_name(int status)
{
	switch (status) {
	case ISAL_INVALID_BLOCK:
		return "invalid block";
	case ISAL_INVALID_SYMBOL:
		return "invalid symbol";
	case ISAL_INVALID_LOOKBACK:
		return "a distance too far back";
	case ISAL_INCORRECT_CHECKSUM:
		return "incorrect checksum";
	default:
		return "invalid header";
	}
}

/* One step of the library: bytes that came out, or -1. */
static ssize_t
step(struct gzip_reader *r, struct input *in, void *bytes, size_t n, struct error *err)
{
	int status;

	r->z.next_in = in->bytes + in->at;
	r->z.avail_in = (uint32_t)input_left(in);
	r->z.next_out = bytes;
	r->z.avail_out = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
	n = r->z.avail_out;
	status = isal_inflate(&r->z);
	in->at = in->n - r->z.avail_in;
	if (status < 0)
		return error_set(err, ERR_DAMAGED, "gzip: %s", fault_name(status));
	if (r->z.block_state == ISAL_BLOCK_FINISH)
		r->in_member = false;
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
		/* The library may still hold bytes when the input has ended. */
		if (status == 0 && r->in_member)
			return error_set(err, ERR_DAMAGED, "gzip: truncated");
	}
}
