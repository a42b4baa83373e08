#include "builder/sandbox/plain/tree_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"
#include "base/path.h"

#define LINKS_MAX 40

/* A walk along a path, in a tree whose entries are looked up one by one. */
struct walk {
	struct buf done;
	char *rest;       /* what is left of the path */
	struct text left; /* in it */
	int links_left;
};

static void
walk_clear(struct walk *w)
{
	buf_clear(&w->done);
	free(w->rest);
}
#define auto_walk __attribute__((cleanup(walk_clear)))

static void
go_up(struct walk *w)
{
	buf_truncate(&w->done, path_dir(buf_text(&w->done)).n);
}

static void
go_down(struct walk *w, struct text name)
{
	if (w->done.n > 0)
		buf_add_char(&w->done, '/');
	buf_add_text(&w->done, name);
}

/* DONE is a link to TARGET. */
static int
follow(struct walk *w, const char *target, struct error *err)
{
	char *rest = mem_print("%s/%.*s", target, TEXT_ARG(w->left));

	if (*target == '/')
		buf_truncate(&w->done, 0);
	else
		go_up(w);
	free(w->rest);
	w->rest = rest;
	w->left = text_of(rest);
	if (w->links_left-- == 0)
		return error_set(err, ERR_SOURCE, "%s: too many symbolic links", target);
	return 0;
}

static void
start(struct walk *w, const char *path)
{
	*w = (struct walk){ .rest = mem_copy(path), .links_left = LINKS_MAX };
	w->left = text_of(w->rest);
}

char *
tree_path_resolve(int tree_fd, const char *path, struct error *err)
{
	auto_walk struct walk w;
	struct text name;

	start(&w, path);
	while (path_next(&w.left, &name)) {
		char target[PATH_MAX];
		ssize_t n = 0;

		if (text_is(name, "."))
			continue;
		if (text_is(name, "..")) {
			go_up(&w);
			continue;
		}
		go_down(&w, name);
		n = readlinkat(tree_fd, buf_str(&w.done), target, sizeof target - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		if (follow(&w, target, err) < 0)
			return NULL;
	}
	return buf_take(&w.done);
}

/* ------------------------------------------------------------ merged layers */

static bool
is_whiteout(int fd, const struct stat *st)
{
	char path[64];

	if (S_ISCHR(st->st_mode))
		return st->st_rdev == makedev(0, 0);
	if (!S_ISREG(st->st_mode) || st->st_size != 0)
		return false;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return getxattr(path, "user.overlay.whiteout", NULL, 0) >= 0;
}

static bool
is_opaque(int fd)
{
	char path[64], value[2];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return getxattr(path, "user.overlay.opaque", value, sizeof value) == 1 &&
	       value[0] == 'y';
}

/* The layers of which one directory may still show something. */
struct shown {
	int *fds;
	int n;
};

static void
close_all(struct shown *s)
{
	for (int i = 0; i < s->n; i++)
		close(s->fds[i]);
	s->n = 0;
}

/* Narrows S down to entry NAME of it. *IS_LINK: it is a link, with one descriptor. */
static void
enter(struct shown *s, const char *name, bool *is_link)
{
	struct shown below = { .fds = mem_new_n((size_t)s->n + 1, sizeof *below.fds) };
	bool ends = false;

	*is_link = false;
	for (int i = 0; i < s->n && !ends; i++) {
		int fd = openat(s->fds[i], name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		struct stat st;

		if (fd < 0)
			continue;
		if (fstat(fd, &st) < 0 || is_whiteout(fd, &st) ||
		    (below.n > 0 && !S_ISDIR(st.st_mode))) {
			close(fd);
			break;
		}
		*is_link = S_ISLNK(st.st_mode);
		ends = !S_ISDIR(st.st_mode) || is_opaque(fd);
		below.fds[below.n++] = fd;
	}
	close_all(s);
	for (int i = 0; i < below.n; i++)
		s->fds[i] = below.fds[i];
	s->n = below.n;
	free(below.fds);
}

static int
open_roots(struct shown *s, const char *const *lowers, size_t n, struct error *err)
{
	close_all(s);
	for (size_t i = 0; i < n; i++) {
		s->fds[s->n] = open(lowers[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (s->fds[s->n] < 0) {
			close_all(s);
			return error_sys(err, "open %s", lowers[i]);
		}
		s->n++;
	}
	return 0;
}

/* Follows DONE, in which only the last component may be a link. */
static int
open_done(struct shown *s, const struct walk *w, const char *const *lowers, size_t n,
          bool *is_link, struct error *err)
{
	struct text rest = buf_text(&w->done), name;

	*is_link = false;
	if (open_roots(s, lowers, n, err) < 0)
		return -1;
	while (path_next(&rest, &name)) {
		auto_free char *one = text_copy(name);

		enter(s, one, is_link);
	}
	return 0;
}

int
tree_path_merged(const char *const *lowers, size_t n, const char *path, int *fds,
                 struct error *err)
{
	auto_walk struct walk w;
	struct shown shown = { .fds = fds };
	bool is_link = false;
	struct text name;

	start(&w, path);
	if (open_roots(&shown, lowers, n, err) < 0)
		return -1;
	while (path_next(&w.left, &name)) {
		char target[PATH_MAX];
		ssize_t length = 0;

		if (text_is(name, "."))
			continue;
		if (text_is(name, ".."))
			go_up(&w);
		else
			go_down(&w, name);
		if (open_done(&shown, &w, lowers, n, &is_link, err) < 0)
			return -1;
		if (!is_link)
			continue;
		length = readlinkat(shown.fds[0], "", target, sizeof target - 1);
		target[length < 0 ? 0 : length] = '\0';
		if (follow(&w, target, err) < 0 ||
		    open_done(&shown, &w, lowers, n, &is_link, err) < 0) {
			close_all(&shown);
			return -1;
		}
	}
	return shown.n;
}
