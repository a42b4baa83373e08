#include "base/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"

#define PIECE ((size_t)64 << 10)

static void
put_u32(unsigned char out[SEALED_CHECKSUM_SIZE], uint32_t n)
{
	for (int i = 0; i < SEALED_CHECKSUM_SIZE; i++)
		out[i] = (unsigned char)(n >> 8 * i);
}

/* ------------------------------------------------------------ writing */

/* Hashes the pending bytes, and writes them if there is a file. */
static void
flush(struct sealed_writer *w)
{
	w->crc = libdeflate_crc32(w->crc, buf_str(&w->pending), w->pending.n);
	if (w->fd < 0)
		return;
	if (!w->failed)
		w->failed = file_write_all(w->fd, w->pending.p, w->pending.n, &w->err) <
		            0;
	buf_truncate(&w->pending, 0);
}

void
sealed_add(struct sealed_writer *w, const void *bytes, size_t n)
{
	if (w->fd >= 0 && w->pending.n + n > PIECE)
		flush(w);
	buf_add(&w->pending, bytes, n);
}

void
sealed_add_text(struct sealed_writer *w, struct text t)
{
	sealed_add(w, t.p, t.n);
}

int
sealed_end(struct sealed_writer *w, struct error *err)
{
	unsigned char sum[SEALED_CHECKSUM_SIZE];

	flush(w);
	put_u32(sum, w->crc);
	buf_add(&w->pending, sum, sizeof sum);
	if (w->fd >= 0 && !w->failed)
		w->failed = file_write_all(w->fd, w->pending.p, w->pending.n, &w->err) <
		            0;
	if (!w->failed)
		return 0;
	error_move(err, &w->err);
	return -1;
}

void
sealed_writer_clear(struct sealed_writer *w)
{
	buf_clear(&w->pending);
	error_clear(&w->err);
}

struct filling {
	sealed_fill_fn *fill;
	void *arg;
};

static int
fill_file(void *arg, int fd, struct error *err)
{
	const struct filling *f = arg;
	auto_sealed_writer struct sealed_writer w = { .fd = fd };

	return f->fill(f->arg, &w, err) < 0 ? -1 : sealed_end(&w, err);
}

int
sealed_replace(int dir_fd, const char *name, mode_t mode, sealed_fill_fn *fill, void *arg,
               struct error *err)
{
	struct filling f = { fill, arg };

	return file_replace_by(dir_fd, name, mode, fill_file, &f, err);
}

/* ------------------------------------------------------------ reading */

int
sealed_open(struct sealed_reader *r, int dir_fd, const char *name, struct error *err)
{
	auto_fd int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, "open %s", name);
	if (st.st_size < SEALED_CHECKSUM_SIZE)
		return 0;
	*r = (struct sealed_reader){
		.fd = take_fd(&fd), .left = (uint64_t)st.st_size - SEALED_CHECKSUM_SIZE
	};
	return 1;
}

/* Makes N bytes available; N must not exceed what the file has left. */
static bool
fill(struct sealed_reader *r, size_t n)
{
	auto_error struct error ignored = ERROR_INIT;
	size_t kept = r->bytes.n - r->at;
	size_t more = n - kept > PIECE ? n - kept : PIECE;

	if (more > r->left)
		more = (size_t)r->left;
	if (kept > 0)
		memmove(r->bytes.p, r->bytes.p + r->at, kept);
	buf_truncate(&r->bytes, kept);
	r->at = 0;
	buf_reserve(&r->bytes, more);
	if (file_read_full(r->fd, r->bytes.p + kept, more, &ignored) != (ssize_t)more) {
		r->failed = true;
		return false;
	}
	r->crc = libdeflate_crc32(r->crc, r->bytes.p + kept, more);
	r->bytes.n += more;
	r->left -= more;
	return true;
}

const void *
sealed_get(struct sealed_reader *r, size_t n)
{
	const char *p = NULL;

	if (r->failed || n > sealed_left(r)) {
		r->failed = true;
		return NULL;
	}
	if (r->bytes.n - r->at < n && !fill(r, n))
		return NULL;
	p = buf_str(&r->bytes) + r->at;
	r->at += n;
	return p;
}

bool
sealed_get_copy(struct sealed_reader *r, void *to, size_t n)
{
	const void *p = sealed_get(r, n);

	if (p != NULL)
		memcpy(to, p, n);
	else
		memset(to, 0, n);
	return p != NULL;
}

uint64_t
sealed_left(const struct sealed_reader *r)
{
	return r->left + (r->bytes.n - r->at);
}

bool
sealed_is_whole(struct sealed_reader *r)
{
	auto_error struct error ignored = ERROR_INIT;
	unsigned char want[SEALED_CHECKSUM_SIZE], found[SEALED_CHECKSUM_SIZE];

	while (!r->failed && sealed_left(r) > 0)
		sealed_get(r, sealed_left(r) < PIECE ? (size_t)sealed_left(r) : PIECE);
	if (r->failed ||
	    file_read_full(r->fd, found, sizeof found, &ignored) != (ssize_t)sizeof found)
		return false;
	put_u32(want, r->crc);
	return memcmp(want, found, sizeof want) == 0;
}

void
sealed_reader_clear(struct sealed_reader *r)
{
	own_close(&r->fd);
	buf_clear(&r->bytes);
}
