/* RFC 1952. A file is one or more members, one after the other; parallel encoders
 * write many. Padding with zeros is what tapes and some tools leave. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/own.h"
#include "layers/decompress_formats.h"
#include "layers/inflate.h"

struct gzip_reader {
	struct inflater *z;
	bool in_member;
	bool padding; /* zeros were seen after a member */
};

static void
begin_member(struct gzip_reader *r)
{
	inflater_begin(r->z);
	r->in_member = true;
}

void *
gzip_reader_open(const struct decompress_format *f, struct input *in, struct error *err)
{
	struct gzip_reader *r = mem_new(sizeof *r);

	(void)f;
	(void)in;
	(void)err;
	r->z = inflater_new();
	begin_member(r);
	return r;
}

void
gzip_reader_close(void *state)
{
	struct gzip_reader *r = state;

	if (r == NULL)
		return;
	inflater_free(r->z);
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
	begin_member(r);
	return 1;
}

/* One step of the library: bytes that came out, or -1. */
static ssize_t
step(struct gzip_reader *r, struct input *in, void *bytes, size_t n, struct error *err)
{
	bool is_done = false;
	ssize_t got = inflater_step(r->z, in, bytes, n, &is_done, err);

	if (is_done)
		r->in_member = false;
	return got;
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
