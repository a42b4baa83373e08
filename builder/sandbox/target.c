#include "builder/sandbox/target.h"

#include <errno.h>
#include <string.h>

#include "builder/sandbox/open_in_root.h"
#include "builder/sandbox/sys.h"

#define LINKS_MAX 40

/* A walk along a path of which something is missing. DONE exists. */
struct walk {
	char done[PATH_MAX], rest[PATH_MAX];
	size_t done_n;
	size_t at; /* in rest */
	int links_left;
};

static int
too_long(void)
{
	errno = ENAMETOOLONG;
	return -1;
}

/* Cuts the next component off the rest. 1, 0 at the end, -1 it is too long. */
static int
next(struct walk *w, char name[NAME_MAX + 1], size_t *n)
{
	const char *p = w->rest + w->at;

	while (*p == '/')
		p++;
	*n = strcspn(p, "/");
	w->at = (size_t)(p - w->rest) + *n;
	if (*n == 0)
		return 0;
	if (*n > NAME_MAX)
		return too_long();
	memcpy(name, p, *n);
	name[*n] = '\0';
	return 1;
}

static bool
is_last(const struct walk *w)
{
	return w->rest[w->at + strspn(w->rest + w->at, "/")] == '\0';
}

static int
go_down(struct walk *w, const char *name, size_t n)
{
	if (w->done_n + 1 + n >= sizeof w->done)
		return too_long();
	w->done[w->done_n++] = '/';
	memcpy(w->done + w->done_n, name, n + 1);
	w->done_n += n;
	return 0;
}

/* The link target TO in front of the rest. */
static int
follow(struct walk *w, const char *to, size_t n)
{
	size_t left = strlen(w->rest + w->at);

	if (w->links_left-- == 0) {
		errno = ELOOP;
		return -1;
	}
	if (n + left >= sizeof w->rest)
		return too_long();
	memmove(w->rest + n, w->rest + w->at, left + 1);
	memcpy(w->rest, to, n);
	w->at = 0;
	if (to[0] == '/')
		w->done_n = 0;
	w->done[w->done_n] = '\0';
	return 0;
}

/* The path of an open directory below the new root, without links. */
static ssize_t
path_below_root(const struct mount_ctx *c, int fd, char out[PATH_MAX])
{
	char link[48] = "/proc/self/fd/";
	ssize_t n = 0;

	fs_number((uint64_t)fd, 10, link + strlen(link));
	n = sys_readlinkat(AT_FDCWD, link, out, PATH_MAX - 1);
	if (n < 0)
		return -1;
	if ((size_t)n < c->prefix_n)
		return 0;
	n -= (ssize_t)c->prefix_n;
	memmove(out, out + c->prefix_n, (size_t)n);
	return n;
}

/* PARENT is as it is after NAME was made in it; BEFORE as it was. */
static int
note(const struct mount_ctx *c, int parent_fd, const char *name, bool is_dir,
     const struct stat *before)
{
	struct plan_report *report = plan_report(c->plan);
	size_t room = PLAN_STUBS_MAX - report->stubs_size, name_n = strlen(name),
	       size = 0;
	struct plan_stub *stub = (void *)(report->stubs + report->stubs_size);
	char path[PATH_MAX];
	struct stat after;
	ssize_t n = path_below_root(c, parent_fd, path);

	if (n < 0 || sys_fstat(parent_fd, &after) < 0)
		return -1;
	size = sizeof *stub + (size_t)n + 1 + name_n + 1;
	size = (size + 7) & ~(size_t)7;
	if (size > room) {
		errno = ENOSPC;
		return -1;
	}
	*stub = (struct plan_stub){ .size = (uint32_t)size,
		                    .is_dir = is_dir,
		                    .before_s = before->st_mtim.tv_sec,
		                    .before_ns = before->st_mtim.tv_nsec,
		                    .after_s = after.st_mtim.tv_sec,
		                    .after_ns = after.st_mtim.tv_nsec };
	memcpy(stub->path, path, (size_t)n);
	stub->path[n] = '/';
	memcpy(stub->path + n + 1, name, name_n + 1);
	report->stubs_size += (uint32_t)size;
	return 0;
}

/* What is made in another mount (a cache, a tmpfs) is not of the layer. */
static int
make(const struct mount_ctx *c, int parent_fd, const char *name, bool is_dir)
{
	struct stat before;
	int made = -1;

	if (sys_fstat(parent_fd, &before) < 0)
		return -1;
	made = is_dir ? sys_mkdirat(parent_fd, name, 0755)
	              : sys_mknodat(parent_fd, name, S_IFREG | 0644, 0);
	if (made < 0 || before.st_dev != c->root_dev)
		return made;
	return note(c, parent_fd, name, is_dir, &before);
}

/* NAME is not to be had in DONE: a dangling link, or it is missing. */
static int
supply(const struct mount_ctx *c, struct walk *w, const char *name, size_t n, bool is_dir)
{
	char to[PATH_MAX];
	int parent_fd = open_in_root(c->root_fd, w->done_n == 0 ? "/" : w->done, O_PATH);
	ssize_t link = -1;
	int result = -1;

	if (parent_fd < 0)
		return -1;
	link = sys_readlinkat(parent_fd, name, to, sizeof to - 1);
	if (link >= 0) {
		to[link] = '\0';
		result = follow(w, to, (size_t)link);
	} else {
		result = make(c, parent_fd, name, is_dir);
		if (result == 0)
			result = go_down(w, name, n);
	}
	sys_close(parent_fd);
	return result;
}

static int
make_missing(const struct mount_ctx *c, struct walk *w, bool is_dir)
{
	char name[NAME_MAX + 1];
	size_t n = 0;
	int more = 0;

	while ((more = next(w, name, &n)) > 0) {
		size_t before = w->done_n;
		int fd = -1;

		if (go_down(w, name, n) < 0)
			return -1;
		fd = open_in_root(c->root_fd, w->done, O_PATH);
		if (fd >= 0) {
			sys_close(fd);
			continue;
		}
		if (errno != ENOENT)
			return -1;
		w->done[w->done_n = before] = '\0';
		if (supply(c, w, name, n, is_dir || !is_last(w)) < 0)
			return -1;
	}
	if (more < 0)
		return -1;
	return open_in_root(c->root_fd, w->done_n == 0 ? "/" : w->done, O_PATH);
}

/* Mounting a file on a directory, or the other way round, gives ENOTDIR only. */
static int
check_kind(int fd, bool is_dir)
{
	struct stat st;

	if (sys_fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) == is_dir)
		return fd;
	sys_close(fd);
	errno = is_dir ? ENOTDIR : EISDIR;
	return -1;
}

int
target_open(struct mount_ctx *c, const char *path, bool is_dir)
{
	struct walk w = { .links_left = LINKS_MAX };
	int fd = open_in_root(c->root_fd, path, O_PATH);

	if (fd < 0 && errno == ENOENT) {
		if (strlen(path) >= sizeof w.rest)
			return too_long();
		memcpy(w.rest, path, strlen(path) + 1);
		fd = make_missing(c, &w, is_dir);
	}
	return fd < 0 ? -1 : check_kind(fd, is_dir);
}
