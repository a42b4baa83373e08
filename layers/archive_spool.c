/*
 * Copies an archive from a stream to a file, up to its end; a plain tar marks its end
 * itself. The data after the end is limited, and so are zeros in compressed data.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/archive.h"
#include "layers/tar_read.h"

/* tar pads to a multiple of its blocking factor: 10 KiB mostly, seldom a few MiB. */
#define PADDING_MAX ((uint64_t)16 << 20)

enum { PIECE = 256 * 1024 };

struct spool {
	int in, out;
	struct text head; /* read already */
	const struct cancel *cancel;
	uint64_t zeros; /* the end of the bytes received so far */
};

/* Up to N bytes of the stream, 0 at its end, -1. */
static ssize_t
next(struct spool *s, void *bytes, size_t n, struct error *err)
{
	ssize_t got = 0;

	if (s->head.n > 0) {
		if (n > s->head.n)
			n = s->head.n;
		memcpy(bytes, s->head.p, n);
		s->head = text_from(s->head, n);
		return (ssize_t)n;
	}
	do {
		if (s->cancel != NULL && cancel_wait_fd(s->cancel, s->in, err) < 0)
			return -1;
		got = read(s->in, bytes, n);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? error_sys(err, "read") : got;
}

/* The same, and to the file: a tar_source's read(). */
static ssize_t
spool_keep(void *arg, void *bytes, size_t n, struct error *err)
{
	struct spool *s = arg;
	ssize_t got = next(s, bytes, n, err);

	if (got > 0 && file_write_all(s->out, bytes, (size_t)got, err) < 0)
		return -1;
	return got;
}

static int
too_much(struct error *err)
{
	return error_set(err, ERR_DAMAGED,
	                 "more than 16 MiB of padding follow the end of the archive");
}

/* The writer may write to its end, but not endlessly. */
static int
pass_over_padding(struct spool *s, struct error *err)
{
	auto_free char *bytes = mem_resize(NULL, PIECE, 1);
	uint64_t n = 0;
	ssize_t got = 0;

	while ((got = next(s, bytes, PIECE, err)) > 0) {
		n += (uint64_t)got;
		if (n > PADDING_MAX)
			return too_much(err);
	}
	return (int)got;
}

static int
spool_plain(struct spool *s, struct error *err)
{
	struct tar_source source = { spool_keep, NULL, s };
	auto_tar_reader struct tar_reader *r = tar_reader_new(source, TAR_NAMES_CONFINE);
	struct tar_item item;
	int status;

	while ((status = tar_reader_next(r, &item, err)) == 1)
		;
	return status < 0 ? -1 : pass_over_padding(s, err);
}

static size_t
zeros_at_end(const char *bytes, size_t n)
{
	size_t zeros = 0;

	while (zeros < n && bytes[n - 1 - zeros] == '\0')
		zeros++;
	return zeros;
}

/* No compressed data contains so many zeros, except after its end. */
static int
spool_compressed(struct spool *s, struct error *err)
{
	auto_free char *bytes = mem_resize(NULL, PIECE, 1);
	ssize_t got = 0;

	while ((got = spool_keep(s, bytes, PIECE, err)) > 0) {
		size_t zeros = zeros_at_end(bytes, (size_t)got);

		s->zeros = zeros == (size_t)got ? s->zeros + zeros : zeros;
		if (s->zeros > PADDING_MAX)
			return too_much(err);
	}
	return (int)got;
}

int
archive_spool(int in, struct text head, bool plain, int out, const struct cancel *cancel,
              struct error *err)
{
	struct spool s = { .in = in, .out = out, .head = head, .cancel = cancel };

	return plain ? spool_plain(&s, err) : spool_compressed(&s, err);
}
