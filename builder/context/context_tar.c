#include "builder/context/context.h"

#include <errno.h>
#include <fcntl.h>

#include "base/base.h"
#include "base/input.h"
#include "layers/store.h"
#include "parser/git_url.h"

/* The same limit as for any other Dockerfile. */
#define DOCKERFILE_SIZE_MAX ((size_t)16 << 20)

#define HEADER_SIZE         512

/* ------------------------------------------------------------ words */

enum context_source
context_classify(const char *word)
{
	struct text t = text_of(word);

	if (text_is(t, "-"))
		return SOURCE_STDIN;
	if (git_url_is(t) || text_starts(t, "github.com/"))
		return SOURCE_GIT;
	if (text_starts(t, "http://") || text_starts(t, "https://"))
		return SOURCE_HTTP;
	return SOURCE_DIR;
}

/* ------------------------------------------------------------ stdin */

static bool
is_compressed(const unsigned char *m, size_t n)
{
	static const unsigned char xz[] = { 0xfd, '7', 'z', 'X', 'Z', 0 };
	static const unsigned char zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };

	return (n >= 2 && m[0] == 0x1f && m[1] == 0x8b) ||
	       (n >= 3 && memcmp(m, "BZh", 3) == 0) ||
	       (n >= sizeof xz && memcmp(m, xz, sizeof xz) == 0) ||
	       (n >= sizeof zstd && memcmp(m, zstd, sizeof zstd) == 0);
}

/* The checksum is the sum of the header's bytes, with blanks in its own field. An empty
 * archive starts with its end, a block of zeros. */
static bool
is_tar_header(const unsigned char *h, size_t n)
{
	unsigned sum = 0, stated = 0;
	size_t i = 148;

	if (n < HEADER_SIZE)
		return false;
	for (size_t k = 0; k < HEADER_SIZE; k++)
		sum += k >= 148 && k < 156 ? ' ' : h[k];
	while (i < 156 && h[i] == ' ')
		i++;
	for (; i < 156 && h[i] >= '0' && h[i] <= '7'; i++)
		stated = stated * 8 + (h[i] - '0');
	return sum == stated || (stated == 0 && sum == 8 * ' ');
}

/* An archive has to be rewound to be unpacked; a pipe cannot be. */
static int
spool(int in, const struct buf *head, bool plain, int dir_fd, const struct cancel *cancel,
      struct error *err)
{
	auto_fd int fd = openat(dir_fd, "archive", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
	                        0600);

	if (fd < 0)
		return error_sys(err, "make a file for the context archive");
	if (archive_spool(in, buf_text(head), plain, fd, cancel, err) < 0)
		return -1;
	if (unlinkat(dir_fd, "archive", 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return error_sys(err, "context archive");
	return take_fd(&fd);
}

static int
unpack(struct store *st, int in, const struct buf *head, bool plain,
       const struct archive_options *options, char **dir, struct error *err)
{
	auto_fd int dir_fd = -1;
	auto_fd int archive = -1;
	auto_free char *path = store_tmp_dir(st, &dir_fd, err);

	if (path == NULL)
		return -1;
	archive = spool(in, head, plain, dir_fd, options->cancel, err);
	if (archive < 0)
		return error_wrap(err, "archive");
	if (archive_unpack_context(archive, dir_fd, options, err) < 0)
		return error_wrap(err, "archive");
	*dir = take(path);
	return 0;
}

/* Up to HEADER_SIZE bytes. Whoever writes to a pipe may never do so. */
static int
read_head(int in, const struct cancel *cancel, struct buf *out, struct error *err)
{
	ssize_t n = 1;

	buf_reserve(out, HEADER_SIZE);
	while (n != 0 && out->n < HEADER_SIZE) {
		if (cancel_wait_fd(cancel, in, err) < 0)
			return -1;
		n = read(in, out->p + out->n, HEADER_SIZE - out->n);
		if (n < 0 && errno == EISDIR)
			return error_set(err, ERR_SOURCE, "is a directory");
		if (n < 0 && errno != EINTR)
			return error_sys(err, "read");
		if (n > 0)
			out->n += (size_t)n;
	}
	return 0;
}

int
context_from_stdin(struct store *st, int in, const struct archive_options *options,
                   char **dir, struct buf *dockerfile, struct error *err)
{
	auto_buf struct buf head = BUF_INIT;
	const unsigned char *bytes = NULL;
	bool compressed = false;

	*dir = NULL;
	if (read_head(in, options->cancel, &head, err) < 0)
		return -1;
	bytes = (const unsigned char *)head.p;
	compressed = is_compressed(bytes, head.n);
	if (compressed || is_tar_header(bytes, head.n))
		return unpack(st, in, &head, !compressed, options, dir, err);
	buf_add_text(dockerfile, buf_text(&head));
	if (input_read_fd(in, DOCKERFILE_SIZE_MAX, options->cancel, dockerfile, err) > 0)
		return 0;
	if (err->code == ERR_DAMAGED) /* the data is longer than a Dockerfile may be */
		err->code = ERR_DOCKERFILE;
	return -1;
}
