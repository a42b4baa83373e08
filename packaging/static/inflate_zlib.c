/* Debian has no static ISA-L. zlib takes twice the time. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/mem.h"
#include "layers/inflate.h"

#define WITH_GZIP_HEADER 16

struct inflater {
	z_stream z;
};

struct inflater *
inflater_new(void)
{
	struct inflater *z = mem_new(sizeof *z);

	if (inflateInit2(&z->z, MAX_WBITS + WITH_GZIP_HEADER) != Z_OK)
		mem_die("out of memory");
	return z;
}

void
inflater_free(struct inflater *z)
{
	if (z == NULL)
		return;
	inflateEnd(&z->z);
	free(z);
}

void
inflater_begin(struct inflater *z)
{
	inflateReset(&z->z);
}

/* In the words of inflate_isal.c. */
static const char *
fault_name(const char *msg)
{
	if (msg == NULL || strstr(msg, "header") != NULL || strstr(msg, "method") != NULL)
		return "invalid header";
	if (strstr(msg, "check") != NULL)
		return "incorrect checksum";
	if (strstr(msg, "too far back") != NULL)
		return "a distance too far back";
	return strstr(msg, "code") != NULL ? "invalid symbol" : "invalid block";
}

ssize_t
inflater_step(struct inflater *z, struct input *in, void *bytes, size_t n, bool *is_done,
              struct error *err)
{
	int status;

	z->z.next_in = in->bytes + in->at;
	z->z.avail_in = (uInt)input_left(in);
	z->z.next_out = bytes;
	z->z.avail_out = n < UINT_MAX ? (uInt)n : UINT_MAX;
	n = z->z.avail_out;
	status = inflate(&z->z, Z_NO_FLUSH);
	in->at = in->n - z->z.avail_in;
	if (status == Z_MEM_ERROR)
		mem_die("out of memory");
	if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
		return error_set(err, ERR_DAMAGED, "gzip: %s", fault_name(z->z.msg));
	*is_done = status == Z_STREAM_END;
	return (ssize_t)(n - z->z.avail_out);
}
