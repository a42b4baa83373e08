/* Any bytes as a compressed file. However it is read, the same comes out of it; nothing
 * that was cut off or damaged passes for whole. The first byte is how much is read at a
 * time. */
#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/base.h"
#include "base/own.h"
#include "layers/decompress.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Beyond this a reader has had enough. */
enum { OUTPUT_MAX = 4 << 20 };

static int
file_of(const uint8_t *bytes, size_t n)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

/* 0 at its end, 1 if there was enough, -1 if it is damaged. */
static int
read_all(const uint8_t *bytes, size_t n, size_t step, struct buf *out)
{
	auto_fd int fd = file_of(bytes, n);
	auto_error struct error err = ERROR_INIT;
	auto_decompressor struct decompressor *d = decompressor_open(fd, &err);
	ssize_t got = d == NULL ? -1 : 1;

	while (got > 0 && out->n < OUTPUT_MAX) {
		buf_reserve(out, out->n + step);
		got = decompressor_read(d, out->p + out->n, step, &err);
		assert(got <= (ssize_t)step);
		out->n += got > 0 ? (size_t)got : 0;
	}
	assert(got >= 0 || (err.code == ERR_DAMAGED && err.text != NULL));
	if (got == 0 && decompressor_is_plain(d))
		assert(out->n == n && (n == 0 || memcmp(out->p, bytes, n) == 0));
	return (int)(got > 0 ? 1 : got);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	auto_buf struct buf whole = BUF_INIT, pieces = BUF_INIT;
	int first, second;

	if (n == 0)
		return 0;
	first = read_all(bytes + 1, n - 1, 1 << 20, &whole);
	second = read_all(bytes + 1, n - 1, (size_t)bytes[0] + 1, &pieces);
	if (first == 1 || second == 1)
		return 0;
	assert(first == second);
	if (first == 0)
		assert(text_equal(buf_text(&whole), buf_text(&pieces)));
	return 0;
}
