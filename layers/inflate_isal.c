#include <isa-l/igzip_lib.h>
#include <limits.h>
#include <stdlib.h>

#include "base/mem.h"
#include "layers/inflate.h"

struct inflater {
	struct inflate_state z;
};

struct inflater *
inflater_new(void)
{
	struct inflater *z = mem_new(sizeof *z);

	isal_inflate_init(&z->z);
	return z;
}

void
inflater_free(struct inflater *z)
{
	free(z);
}

void
inflater_begin(struct inflater *z)
{
	isal_inflate_reset(&z->z);
	z->z.crc_flag = ISAL_GZIP;
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

ssize_t
inflater_step(struct inflater *z, struct input *in, void *bytes, size_t n, bool *is_done,
              struct error *err)
{
	int status;

	z->z.next_in = in->bytes + in->at;
	z->z.avail_in = (uint32_t)input_left(in);
	z->z.next_out = bytes;
	z->z.avail_out = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
	n = z->z.avail_out;
	status = isal_inflate(&z->z);
	in->at = in->n - z->z.avail_in;
	if (status < 0)
		return error_set(err, ERR_DAMAGED, "gzip: %s", fault_name(status));
	*is_done = z->z.block_state == ISAL_BLOCK_FINISH;
	return (ssize_t)(n - z->z.avail_out);
}
