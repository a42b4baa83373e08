/*
 * Removes stand-ins. The step may have removed or moved their directories, and put
 * links in their place. So a stand-in is found by its descriptor, and no link is
 * followed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/inroot.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/path.h"
#include "builder/sandbox/plain/lend.h"
#include "builder/sandbox/plain/stand_ins.h"
#include "layers/owner_notes.h"
#include "layers/plain_tree.h"

/* ------------------------------------------------------------ times */

static int
open_dir(const struct stand_ins *c, const char *path)
{
	return inroot_open_nolinks(c->tree_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC,
	                           0);
}

void
stand_ins_settle(struct stand_ins *c)
{
	for (size_t i = 0; i < c->touched.n; i++) {
		struct touched *t = &c->touched.at[i];
		const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, t->before };
		auto_fd int fd = open_dir(c, t->path);
		struct stat st;

		if (fd < 0)
			continue;
		futimens(fd, times);
		if (fstat(fd, &st) < 0)
			continue;
		t->after = st.st_mtim;
		t->settled = st.st_ctim;
		t->is_same = t->is_same && t->ino == st.st_ino;
		t->ino = st.st_ino;
	}
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Notes the times of touched directories that the step changed; for others, BEFORE
 * stays. */
static void
read_times(struct stand_ins *c)
{
	for (size_t i = 0; i < c->touched.n; i++) {
		struct touched *t = &c->touched.at[i];
		auto_fd int fd = open_dir(c, t->path);
		struct stat st;

		if (fd < 0 || fstat(fd, &st) < 0)
			continue;
		t->is_same = st.st_ino == t->ino && same_time(&st.st_ctim, &t->settled);
		if (!same_time(&st.st_mtim, &t->after))
			t->before = st.st_mtim;
	}
}

/* ------------------------------------------------------------ where it is now */

/* A name in a directory of the tree. */
struct spot {
	int dir_fd;
	const char *name; /* in PATH */
	char path[PATH_MAX];
};

static void
spot_clear(struct spot *p)
{
	own_close(&p->dir_fd);
}
#define auto_spot __attribute__((cleanup(spot_clear)))

static bool
spot_open(const struct stand_ins *c, const char *path, struct spot *out)
{
	snprintf(out->path, sizeof out->path, "%s", path);
	out->dir_fd = inroot_parent(c->tree_fd, out->path, &out->name);
	return out->dir_fd >= 0;
}

/* False if the step has removed it. */
static bool
find(const struct stand_ins *c, const struct stand_in *stand_in, struct spot *out)
{
	char link[FILE_FD_PATH_MAX], path[PATH_MAX];
	const size_t n_tree = strlen(c->tree);
	ssize_t n = 0;
	struct stat was, is;

	if (stand_in->fd < 0 || fstat(stand_in->fd, &was) < 0)
		return false;
	n = readlink(file_fd_path(stand_in->fd, link), path, sizeof path - 1);
	if (n <= (ssize_t)n_tree + 1 || memcmp(path, c->tree, n_tree) != 0 ||
	    path[n_tree] != '/')
		return false;
	path[n] = '\0';
	if (!spot_open(c, path + n_tree + 1, out))
		return false;
	return fstatat(out->dir_fd, out->name, &is, AT_SYMLINK_NOFOLLOW) == 0 &&
	       is.st_ino == was.st_ino && is.st_dev == was.st_dev;
}

/* ------------------------------------------------------------ away */

/* Moves the entries that the step left back to the borrowed directory. */
static int
give_back(const struct stand_in *stand_in, const struct spot *spot, struct error *err)
{
	auto_fd int fd = openat(spot->dir_fd, spot->name,
	                        O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	/* The step has removed the directory with everything in it. */
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0;
	if (fd < 0)
		return error_sys(err, "open /%s", spot->path);
	if (owner_give_same(fd, stand_in->lent_fd) < 0)
		return error_sys(err, "cache mount on /%s", stand_in->path);
	return lend_entries(fd, stand_in->lent_fd, err);
}

static int
remove_stub(const struct stand_ins *c, const struct stand_in *stand_in, struct error *err)
{
	auto_spot struct spot spot = { .dir_fd = -1 };

	if (!spot_open(c, stand_in->path, &spot))
		return 0;
	if (unlinkat(spot.dir_fd, spot.name, AT_REMOVEDIR) < 0 && errno != ENOTEMPTY &&
	    errno != EEXIST && errno != ENOENT && errno != ENOTDIR)
		return error_sys(err, "remove /%s", stand_in->path);
	return 0;
}

/* Removes the directories that were made above PATH, unless they have other entries. */
static void
make_parents(const struct stand_ins *c, const char *path)
{
	auto_fd int fd = fcntl(c->tree_fd, F_DUPFD_CLOEXEC, 3);
	struct text rest = path_dir(text_of(path)), name;

	while (fd >= 0 && path_next(&rest, &name)) {
		auto_free char *one = text_copy(name);
		int next_fd = -1;

		mkdirat(fd, one, 0755);
		next_fd = openat(fd, one, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		own_close(&fd);
		fd = next_fd;
	}
}

/* The place where the stand-in is, or was: another entry there now belongs to the mount
 * that it replaces. */
static bool
find_any(const struct stand_ins *c, const struct stand_in *stand_in, struct spot *out)
{
	if (find(c, stand_in, out))
		return true;
	own_close(&out->dir_fd);
	/* With a real mount, the step could not have removed it. */
	if (stand_in->fd >= 0 && stand_in->aside != NULL)
		make_parents(c, stand_in->path);
	return spot_open(c, stand_in->path, out);
}

static int
remove_stand_in(const struct stand_ins *c, struct stand_in *stand_in, struct error *err)
{
	auto_spot struct spot spot = { .dir_fd = -1 };

	if (stand_in->is_stub)
		return remove_stub(c, stand_in, err);
	/* If that fails there is something in the way. */
	if (!find_any(c, stand_in, &spot))
		return 0;
	if (stand_in->lent_fd >= 0 && give_back(stand_in, &spot, err) < 0)
		return -1;
	if (stand_in->fd >= 0 && file_remove_tree(spot.dir_fd, spot.name, err) < 0)
		return -1;
	if (stand_in->aside == NULL)
		return 0;
	if (renameat(AT_FDCWD, stand_in->aside, spot.dir_fd, spot.name) < 0)
		return error_sys(err, "move /%s back", stand_in->path);
	stand_in->is_back = strcmp(spot.path, stand_in->path) == 0;
	return 0;
}

int
stand_ins_remove(struct stand_ins *c, struct stage_tree *s, struct error *err)
{
	auto_error struct error later = ERROR_INIT;
	int failed = 0;

	read_times(c);
	/* The last one first, because later ones may be inside earlier ones. */
	for (size_t i = c->list.n; i-- > 0;)
		if (remove_stand_in(c, &c->list.at[i], failed == 0 ? err : &later) < 0)
			failed = -1;
	stand_ins_settle(c);
	for (size_t i = 0; i < c->list.n; i++)
		if (c->list.at[i].is_back)
			plain_tree_refresh(stage_tree_plain(s),
			                   text_of(c->list.at[i].path));
	for (size_t i = 0; i < c->touched.n; i++)
		if (c->touched.at[i].is_same)
			plain_tree_refresh(stage_tree_plain(s),
			                   text_of(c->touched.at[i].path));
	if (c->dir != NULL)
		file_remove_tree(AT_FDCWD, c->dir, &later);
	return failed;
}
