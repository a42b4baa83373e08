#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/input.h"
#include "base/listing.h"
#include "base/mem.h"
#include "base/missing.h"
#include "base/own.h"
#include "base/path.h"

int
file_read_fd(int fd, size_t max, struct buf *out, struct error *err)
{
	return input_read_fd(fd, max, NULL, out, err);
}

int
file_read(int dir_fd, const char *name, size_t max, struct buf *out, struct error *err)
{
	return input_read(dir_fd, name, max, NULL, out, err);
}

int
file_write_all(int fd, const void *bytes, size_t n, struct error *err)
{
	const char *p = bytes;

	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return error_sys(err, "write");
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

ssize_t
file_read_full(int fd, void *bytes, size_t n, struct error *err)
{
	char *p = bytes;
	size_t got = 0;

	assert(n <= SSIZE_MAX);
	while (got < n) {
		ssize_t more = read(fd, p + got, n - got);

		if (more < 0 && errno == EINTR)
			continue;
		if (more < 0)
			return error_sys(err, "read");
		if (more == 0)
			break;
		got += (size_t)more;
	}
	return (ssize_t)got;
}

static int
fill_new(int dir_fd, const char *name, mode_t mode, file_fill_fn *fill, void *arg,
         struct error *err)
{
	auto_fd int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	                        mode);

	if (fd < 0)
		return error_sys(err, "create %s", name);
	if (fill(arg, fd, err) < 0)
		return error_wrap(err, "%s", name);
	return 0;
}

int
file_replace_by(int dir_fd, const char *name, mode_t mode, file_fill_fn *fill, void *arg,
                struct error *err)
{
	struct text dir = text_first(text_of(name),
	                             (size_t)(path_base(text_of(name)).p - name));
	auto_buf struct buf temporary = BUF_INIT;
	char random[17];

	file_random_name(random, sizeof random - 1);
	buf_add_text(&temporary, dir);
	buf_print(&temporary, ".tmp-%s", random);
	if (fill_new(dir_fd, buf_str(&temporary), mode, fill, arg, err) < 0) {
		if (err->sys != EEXIST)
			unlinkat(dir_fd, buf_str(&temporary), 0);
		return -1;
	}
	if (renameat(dir_fd, buf_str(&temporary), dir_fd, name) < 0) {
		error_sys(err, "replace %s", name);
		unlinkat(dir_fd, buf_str(&temporary), 0);
		return -1;
	}
	return 0;
}

static int
fill_with_text(void *arg, int fd, struct error *err)
{
	const struct text *t = arg;

	return file_write_all(fd, t->p, t->n, err);
}

int
file_replace(int dir_fd, const char *name, const void *bytes, size_t n, mode_t mode,
             struct error *err)
{
	struct text t = { bytes, n };

	return file_replace_by(dir_fd, name, mode, fill_with_text, &t, err);
}

/* copy_file_range() may share extents, but it ends early or fails for many pairs of files
 * (other file systems, /proc, pipes). The rest is then read and written, which also finds
 * the real reason of an error. */
static uint64_t
copy_in_kernel(int in, int out, const struct cancel *c)
{
	const size_t chunk = (size_t)64 << 20;
	uint64_t total = 0;

	while (!cancel_is_set(c)) {
		ssize_t n = copy_file_range(in, NULL, out, NULL, chunk, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return total;
		total += (uint64_t)n;
	}
	return total;
}

int
file_copy_fd(int in, int out, const struct cancel *c, uint64_t *copied, struct error *err)
{
	const size_t chunk = (size_t)256 * 1024;
	uint64_t total = copy_in_kernel(in, out, c);
	auto_free char *bytes = mem_new(chunk);
	ssize_t n;

	do {
		if (c != NULL && cancel_wait_fd(c, in, err) < 0)
			return -1;
		n = read(in, bytes, chunk);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, "read");
		if (file_write_all(out, bytes, (size_t)n, err) < 0)
			return -1;
		total += (uint64_t)n;
	} while (n != 0);
	if (copied != NULL)
		*copied += total;
	return 0;
}

/* Makes the directory PATH, whose parent exists, unless it is there. */
static int
make_level(int dir_fd, const char *path, mode_t mode, struct error *err)
{
	bool masked = mode == 0 || mode == 0777;
	struct stat st;

	if (mkdirat(dir_fd, path, masked ? 0777 : mode) == 0) {
		if (!masked && fchmodat(dir_fd, path, mode, 0) < 0)
			return error_sys(err, "chmod %s", path);
		return 0;
	}
	if (errno != EEXIST)
		return error_sys(err, "create directory %s", path);
	if (fstatat(dir_fd, path, &st, 0) < 0)
		return error_sys(err, "stat %s", path);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return error_sys(err, "create directory %s", path);
	}
	return 0;
}

int
file_make_dirs(int dir_fd, const char *path, mode_t mode, struct error *err)
{
	struct stat st;

	if (fstatat(dir_fd, path, &st, 0) == 0 && S_ISDIR(st.st_mode))
		return 0;
	for (const char *end = path; *end != '\0';) {
		auto_free char *level = NULL;

		end += strspn(end, "/");
		end += strcspn(end, "/");
		level = mem_copy_n(path, (size_t)(end - path));
		if (make_level(dir_fd, level, mode, err) < 0)
			return -1;
	}
	return 0;
}

int
file_open_dir(int dir_fd, const char *name, struct error *err)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? error_sys(err, "open directory %s", name) : fd;
}

bool
file_is_there(int dir_fd, const char *name)
{
	struct stat st;

	return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void
file_random_name(char *out, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[128];

	assert(n <= sizeof bytes);
	/* Up to 256 bytes come whole and without interruption. */
	if (getrandom(bytes, n, 0) != (ssize_t)n)
		mem_die("no random numbers");
	for (size_t i = 0; i < n; i++)
		out[i] = digits[bytes[i] & 15];
	out[n] = '\0';
}

char *
file_fd_path(int fd, char out[FILE_FD_PATH_MAX])
{
	snprintf(out, FILE_FD_PATH_MAX, "/proc/self/fd/%d", fd);
	return out;
}

char *
file_at_path(int dir_fd, const char *name, char out[FILE_AT_PATH_MAX])
{
	char dir[FILE_FD_PATH_MAX];

	snprintf(out, FILE_AT_PATH_MAX, "%s/%s", file_fd_path(dir_fd, dir), name);
	return out;
}

/*
 * Removes an untrusted tree: any depth, any mode, links and mounts anywhere. A level
 * is a directory being emptied. Only the deepest one is open; the walk goes up by
 * ".." and checks that it is the directory that it came from.
 */
struct level {
	struct buf names; /* of its entries, each with its NUL */
	size_t at;        /* offset of the next one in names */
	char *name;       /* its own, in the level above */
	dev_t dev;
	ino_t ino;
};

struct removal {
	_Atomic int64_t *left; /* names that may be removed; NULL, negative: all */
	int fd;                /* of the deepest level */
	ARRAY(struct level) levels;
};

static void
removal_pop(struct removal *r)
{
	struct level *l = &r->levels.at[--r->levels.n];

	buf_clear(&l->names);
	free(l->name);
}

static void
removal_clear(struct removal *r)
{
	own_close(&r->fd);
	while (r->levels.n > 0)
		removal_pop(r);
	array_clear(&r->levels);
}

static int
open_same_device(int dir_fd, const char *name, int flags)
{
	auto_fd int fd = openat(dir_fd, name, flags);
	struct stat above, st;

	if (fd < 0 || fstat(dir_fd, &above) < 0 || fstat(fd, &st) < 0)
		return -1;
	if (above.st_dev != st.st_dev) {
		errno = EXDEV;
		return -1;
	}
	return take_fd(&fd);
}

/* Opens the directory NAME, which is neither a link nor a mount point. Only
 * openat2 sees every mount; comparing devices misses bind mounts, but is all
 * that kernels before 5.6 offer. */
static int
open_child(int dir_fd, const char *name, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_DIRECTORY | O_NOFOLLOW |
		                              O_CLOEXEC),
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
	};
	int fd = (int)syscall(SYS_openat2, dir_fd, name, &how, sizeof how);

	if (fd < 0 && call_is_missing(errno))
		fd = open_same_device(dir_fd, name, (int)how.flags);
	return fd;
}

/* Opens the directory NAME for reading, by making it readable if needed. */
static int
open_for_removal(int dir_fd, const char *name)
{
	int fd = open_child(dir_fd, name, O_RDONLY);

	if (fd < 0 && errno == EACCES) {
		auto_fd int path_fd = open_child(dir_fd, name, O_PATH);
		char path[FILE_FD_PATH_MAX];

		if (path_fd < 0 || chmod(file_fd_path(path_fd, path), 0700) < 0) {
			errno = EACCES;
			return -1;
		}
		fd = open_child(dir_fd, name, O_RDONLY);
	}
	return fd;
}

static int
list_names(int fd, struct buf *names)
{
	auto_listing struct listing list = listing_open(fd, ".");
	const char *name = NULL;

	while ((name = listing_next(&list)) != NULL)
		buf_add(names, name, strlen(name) + 1);
	return listing_failed(&list) ? -1 : 0;
}

/* Enters NAME below DIR_FD. */
static int
removal_push(struct removal *r, int dir_fd, const char *name, struct error *err)
{
	auto_fd int fd = open_for_removal(dir_fd, name);
	struct level *l;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, "remove %s: open directory", name);
	if ((st.st_mode & 0700) != 0700)
		fchmod(fd, 0700); /* if this fails and was needed, the next call fails */
	l = array_add(&r->levels);
	l->name = mem_copy(name);
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	own_close(&r->fd);
	r->fd = take_fd(&fd);
	if (list_names(r->fd, &l->names) < 0)
		return error_sys(err, "remove %s: list directory", name);
	return 0;
}

/* Goes back to the level above, and removes the directory just left. */
static int
removal_leave(struct removal *r, struct error *err)
{
	auto_fd int up = openat(r->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct level *above = &r->levels.at[r->levels.n - 2];
	const char *name = above[1].name;
	struct stat st;

	if (up < 0 || fstat(up, &st) < 0)
		return error_sys(err, "remove %s: open its parent", name);
	if (st.st_dev != above->dev || st.st_ino != above->ino)
		return error_set(err, ERR_INTERNAL, "remove %s: moved meanwhile", name);
	own_close(&r->fd);
	r->fd = take_fd(&up);
	if (unlinkat(r->fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_sys(err, "remove directory %s", name);
	removal_pop(r);
	return 0;
}

/* Counts one removed name; false if no more may be removed. */
static bool
may_remove(_Atomic int64_t *left)
{
	int64_t n = left == NULL ? -1 : atomic_load(left);

	while (n > 0 && !atomic_compare_exchange_weak(left, &n, n - 1))
		;
	return n != 0;
}

static int
removal_run(struct removal *r, struct error *err)
{
	for (;;) {
		struct level *l = &r->levels.at[r->levels.n - 1];

		if (!may_remove(r->left))
			return error_set(err, ERR_CANCELLED, "not removed to the end");
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there is one */
		if (l->at < l->names.n) {
			const char *name = l->names.p + l->at;

			l->at += strlen(name) + 1;
			if (unlinkat(r->fd, name, 0) == 0 || errno == ENOENT)
				continue;
			if (errno != EISDIR)
				return error_sys(err, "remove %s", name);
			if (removal_push(r, r->fd, name, err) < 0)
				return -1;
		} else if (r->levels.n == 1) {
			return 0;
		} else if (removal_leave(r, err) < 0) {
			return -1;
		}
	}
}

int
file_remove_tree(int dir_fd, const char *name, struct error *err)
{
	return file_remove_tree_within(NULL, dir_fd, name, err);
}

int
file_remove_tree_within(_Atomic int64_t *left, int dir_fd, const char *name,
                        struct error *err)
{
	__attribute__((cleanup(removal_clear))) struct removal r = { .fd = -1,
		                                                     .left = left };
	struct text base = path_base(text_of(name));
	auto_free char *dir = mem_copy_n(name, (size_t)(base.p - name));
	auto_fd int above = -1;

	if (!may_remove(left))
		return error_set(err, ERR_CANCELLED, "%s is not removed", name);
	if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return error_sys(err, "remove %s", name);
	above = openat(dir_fd, *dir == '\0' ? "." : dir,
	               O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (above < 0)
		return error_sys(err, "remove %s: open its parent", name);
	if (removal_push(&r, above, base.p, err) < 0 || removal_run(&r, err) < 0)
		return error_wrap(err, "remove tree %s", name);
	if (unlinkat(above, base.p, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_sys(err, "remove directory %s", name);
	return 0;
}
