#include "layers/decompress.h"

#include <archive.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/count.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/decompress_formats.h"
#include "layers/growing_blob.h"

enum {
	INPUT_SIZE = 256 * 1024,
	START_MIN = 32, /* no format has a longer magic, or a shorter empty file */
};

struct decompressor {
	struct input input;
	const struct decompress_format *format; /* NULL: plain */
	void *state;
	bool failed;
};

/* A skippable frame of zstd starts with one of sixteen numbers. */
#define ZSTD_SKIPPABLE(first)                                                            \
	{                                                                                \
		"zstd", first "\x2a\x4d\x18", 4, zstd_reader_open, zstd_reader_read,     \
		        zstd_reader_close, 0                                             \
	}

static const struct decompress_format formats[] = {
	{ "gzip", "\x1f\x8b\x08", 3, gzip_reader_open, gzip_reader_read,
	  gzip_reader_close, 0 },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, zstd_reader_open, zstd_reader_read,
	  zstd_reader_close, 0 },
	{ "xz", "\xfd\x37zXZ\0", 6, archive_reader_open, archive_reader_read,
	  archive_reader_close, ARCHIVE_FILTER_XZ },
	{ "bzip2", "BZh", 3, archive_reader_open, archive_reader_read,
	  archive_reader_close, ARCHIVE_FILTER_BZIP2 },
	ZSTD_SKIPPABLE("\x50"),
	ZSTD_SKIPPABLE("\x51"),
	ZSTD_SKIPPABLE("\x52"),
	ZSTD_SKIPPABLE("\x53"),
	ZSTD_SKIPPABLE("\x54"),
	ZSTD_SKIPPABLE("\x55"),
	ZSTD_SKIPPABLE("\x56"),
	ZSTD_SKIPPABLE("\x57"),
	ZSTD_SKIPPABLE("\x58"),
	ZSTD_SKIPPABLE("\x59"),
	ZSTD_SKIPPABLE("\x5a"),
	ZSTD_SKIPPABLE("\x5b"),
	ZSTD_SKIPPABLE("\x5c"),
	ZSTD_SKIPPABLE("\x5d"),
	ZSTD_SKIPPABLE("\x5e"),
	ZSTD_SKIPPABLE("\x5f"),
};

static ssize_t
read_file(struct input *in, struct error *err)
{
	ssize_t got;

	do
		got = read(in->fd, in->bytes + in->n, INPUT_SIZE - in->n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? error_sys(err, "read compressed data") : got;
}

static int
read_more(struct input *in, struct error *err)
{
	ssize_t got;

	if (in->blob != NULL)
		got = growing_blob_read(in->blob, in->bytes + in->n, INPUT_SIZE - in->n,
		                        err);
	else
		got = read_file(in, err);
	if (got < 0)
		return -1;
	in->n += (size_t)got;
	in->ended = got == 0;
	return 0;
}

int
input_fill(struct input *in, struct error *err)
{
	if (in->at < in->n)
		return 1;
	if (in->ended)
		return 0;
	in->at = in->n = 0;
	if (read_more(in, err) < 0)
		return -1;
	return in->n > 0;
}

static const struct decompress_format *
recognise(const struct input *in)
{
	for (size_t i = 0; i < COUNT_OF(formats); i++)
		if (in->n >= formats[i].n_magic &&
		    memcmp(in->bytes, formats[i].magic, formats[i].n_magic) == 0)
			return &formats[i];
	return NULL;
}

static struct decompressor *
open_input(int fd, struct growing_blob *blob, struct error *err)
{
	auto_decompressor struct decompressor *d = mem_new(sizeof *d);

	d->input.fd = fd;
	d->input.blob = blob;
	d->input.bytes = mem_resize(NULL, INPUT_SIZE, 1);
	while (d->input.n < START_MIN && !d->input.ended)
		if (read_more(&d->input, err) < 0)
			return NULL;
	d->format = recognise(&d->input);
	if (d->format != NULL) {
		d->state = d->format->open(d->format, &d->input, err);
		if (d->state == NULL)
			return NULL;
	}
	return take(d);
}

struct decompressor *
decompressor_open(int fd, struct error *err)
{
	return open_input(fd, NULL, err);
}

struct decompressor *
decompressor_open_growing(struct growing_blob *a, struct error *err)
{
	return open_input(-1, a, err);
}

static ssize_t
read_plain(struct input *in, void *bytes, size_t n, struct error *err)
{
	int status = input_fill(in, err);

	if (status <= 0)
		return status;
	if (n > input_left(in))
		n = input_left(in);
	memcpy(bytes, in->bytes + in->at, n);
	in->at += n;
	return (ssize_t)n;
}

ssize_t
decompressor_read(struct decompressor *d, void *bytes, size_t n, struct error *err)
{
	ssize_t got;

	if (d->failed)
		return error_set(err, ERR_DAMAGED, "read on after a fault");
	if (n == 0)
		return 0;
	if (d->format == NULL)
		got = read_plain(&d->input, bytes, n, err);
	else
		got = d->format->read(d->state, &d->input, bytes, n, err);
	d->failed = got < 0;
	return got;
}

bool
decompressor_is_plain(const struct decompressor *d)
{
	return d->format == NULL;
}

void
decompressor_close(struct decompressor *d)
{
	if (d == NULL)
		return;
	if (d->format != NULL)
		d->format->close(d->state);
	free(d->input.bytes);
	free(d);
}
