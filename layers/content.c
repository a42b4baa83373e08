#include "layers/content_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/inroot.h"
#include "base/mem.h"
#include "base/own.h"

static int
changed(struct text name, struct error *err)
{
	return error_set(err, ERR_SOURCE, "%.*s: changed while it was read",
	                 TEXT_ARG(name));
}

/* O_NONBLOCK: if a FIFO has taken the file's place, we must not wait for a writer. */
enum { FILE_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY };

/* Opens the regular file of C and gets its size. */
static int
open_file(const struct content *c, uint64_t *size, struct error *err)
{
	auto_free char *path = text_copy(c->path);
	auto_fd int fd = inroot_open_nolinks(c->dir_fd, path, FILE_FLAGS, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, "open %s", path);
	if (!S_ISREG(st.st_mode))
		return changed(c->path, err);
	*size = (uint64_t)st.st_size;
	return take_fd(&fd);
}

int
content_reader_open(struct content_reader *r, const struct content *c, uint64_t size,
                    struct text name, struct error *err)
{
	uint64_t found = size;

	*r = (struct content_reader){ .content = *c, .fd = -1, .size = size };
	switch (c->kind) {
	case CONTENT_NONE:
		found = 0;
		break;
	case CONTENT_MEMORY:
		found = c->memory.n;
		break;
	case CONTENT_RANGE:
		found = c->size;
		break;
	case CONTENT_FILE:
		r->fd = open_file(c, &found, err);
		if (r->fd < 0)
			return -1;
	}
	if (found == size)
		return 0;
	content_reader_close(r);
	return changed(name, err);
}

int
content_reader_read(struct content_reader *r, void *bytes, size_t n, struct text name,
                    struct error *err)
{
	bool range = r->content.kind == CONTENT_RANGE;
	char *to = bytes;

	if (r->content.kind == CONTENT_MEMORY) {
		memcpy(to, r->content.memory.p + r->at, n);
		r->at += n;
		return 0;
	}
	while (n > 0) {
		ssize_t got = range ? pread(r->content.fd, to, n,
		                            (off_t)(r->content.offset + r->at))
		                    : read(r->fd, to, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_sys(err, "read %.*s", TEXT_ARG(name));
		if (got == 0)
			return changed(name, err);
		to += got;
		n -= (size_t)got;
		r->at += (uint64_t)got;
	}
	return 0;
}

void
content_reader_close(struct content_reader *r)
{
	own_close(&r->fd);
}

bool
content_read_small(const struct content *c, size_t size, char *to)
{
	auto_free char *path = text_copy(c->path);
	auto_fd int fd = inroot_open_nolinks(c->dir_fd, path, FILE_FLAGS, 0);
	size_t got = 0;

	/* One more byte would show that the file has grown. */
	while (fd >= 0 && got <= size) {
		ssize_t n = read(fd, to + got, size + 1 - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		got += (size_t)n;
		if (n == 0 || got == size)
			break;
	}
	return fd >= 0 && got == size;
}

/* The size of C's content, as far as it is known without reading. */
static int
size_of(const struct content *c, uint64_t *size, struct error *err)
{
	auto_fd int fd = -1;

	*size = c->kind == CONTENT_MEMORY  ? c->memory.n
	        : c->kind == CONTENT_RANGE ? c->size
	                                   : 0;
	if (c->kind != CONTENT_FILE)
		return 0;
	fd = open_file(c, size, err);
	return fd < 0 ? -1 : 0;
}

int
content_read(const struct content *c, size_t max, struct buf *out, struct error *err)
{
	__attribute__((
	        cleanup(content_reader_close))) struct content_reader r = { .fd = -1 };
	struct text name = c->kind == CONTENT_FILE ? c->path : TEXT("content");
	uint64_t size;
	size_t start = out->n;

	if (size_of(c, &size, err) < 0)
		return -1;
	if (size > max)
		return error_set(err, ERR_SOURCE, "%.*s: larger than %zu bytes",
		                 TEXT_ARG(name), max);
	if (content_reader_open(&r, c, size, name, err) < 0)
		return -1;
	buf_reserve(out, size);
	if (size > 0 && content_reader_read(&r, out->p + start, size, name, err) < 0)
		return -1;
	out->n = start + size;
	if (out->p != NULL)
		out->p[out->n] = '\0';
	return 0;
}

static int
open_memory(struct text memory, struct error *err)
{
	auto_fd int fd = memfd_create("content", MFD_CLOEXEC);

	if (fd < 0)
		return error_sys(err, "make a file in memory");
	if (file_write_all(fd, memory.p, memory.n, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_sys(err, "rewind a file in memory");
	return take_fd(&fd);
}

/* A new open file description, so that nobody shares its position. */
static int
open_range(const struct content *c, struct error *err)
{
	char path[FILE_FD_PATH_MAX];
	auto_fd int fd = open(file_fd_path(c->fd, path), O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_sys(err, "open a layer's tar again");
	if (lseek(fd, (off_t)c->offset, SEEK_SET) < 0)
		return error_sys(err, "seek in a layer's tar");
	return take_fd(&fd);
}

int
content_open(const struct content *c, uint64_t *size, struct error *err)
{
	switch (c->kind) {
	case CONTENT_FILE:
		return open_file(c, size, err);
	case CONTENT_RANGE:
		*size = c->size;
		return open_range(c, err);
	default:
		*size = c->kind == CONTENT_MEMORY ? c->memory.n : 0;
		return open_memory(c->kind == CONTENT_MEMORY ? c->memory : TEXT(""), err);
	}
}
