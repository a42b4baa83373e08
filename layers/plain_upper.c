/* Copies the changes in a plain tree to an upper directory. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/inroot.h"
#include "base/own.h"
#include "base/path.h"
#include "layers/copy_node.h"
#include "layers/plain_look.h"
#include "layers/whiteout.h"

int
look_upper(struct look *l, struct level *level, struct error *err)
{
	int up_fd = -1;

	if (level->upper_fd >= 0)
		return level->upper_fd;
	up_fd = look_upper(l, level->up, err);
	if (up_fd < 0)
		return -1;
	if (mkdirat(up_fd, level->name, 0700) == 0)
		level->upper_fd = openat(up_fd, level->name,
		                         O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return level->upper_fd < 0
	               ? error_sys(err, "make %s in the upper directory", level->name)
	               : level->upper_fd;
}

/* The metadata are set last, because new entries change a directory's time. */
int
look_leave(struct level *level, struct error *err)
{
	struct stat st;
	int failed = 0;

	if (level->upper_fd < 0 || level->up == NULL)
		return 0;
	if (fstat(level->fd, &st) < 0)
		failed = error_sys(err, "stat %s", level->name);
	else
		failed = copy_dir_metadata(level->fd, &st, level->upper_fd, level->name,
		                           err);
	own_close(&level->upper_fd);
	return failed;
}

int
look_put_whiteout(struct look *l, struct level *level, struct error *err)
{
	auto_free char *name = text_copy(path_base(buf_text(&l->path)));
	int upper_fd = look_upper(l, level, err);

	if (upper_fd < 0)
		return -1;
	if (whiteout_make(upper_fd, name) < 0) {
		int sys = errno;

		error_sys(err, "mark %s as deleted", buf_str(&l->path));
		return whiteout_advise(sys, err);
	}
	return 0;
}

/* The first name of the file with inode ST, or NULL: then this one is. */
static const char *
first_name(struct look *l, const struct stat *st)
{
	struct text key = { (const char *)&st->st_ino, sizeof st->st_ino };
	char *first = NULL;

	if (!S_ISREG(st->st_mode) || st->st_nlink < 2)
		return NULL;
	first = map_find(&l->linked, key);
	if (first == NULL)
		map_set(&l->linked, key, arena_copy(l->now.arena, buf_str(&l->path)));
	return first;
}

/* Makes NAME, at PATH of the tree, a file of its own, as the next step will see it. */
static int
split_name(struct look *l, int dir_fd, const char *name, const struct stat *st,
           struct text path, struct error *err)
{
	char other[] = ".cooper-0123456789abcdef";
	auto_free char *shown = text_copy(path);
	struct timespec times[2];
	struct stat dir;

	file_random_name(other + sizeof ".cooper-" - 1, 16);
	if (fstat(dir_fd, &dir) < 0)
		return error_sys(err, "stat the directory of %s", shown);
	if (copy_node(dir_fd, name, st, dir_fd, other, shown, l->cancel, err) < 0)
		return -1;
	times[0] = dir.st_atim;
	times[1] = dir.st_mtim;
	if (renameat(dir_fd, other, dir_fd, name) < 0 || futimens(dir_fd, times) < 0)
		return error_sys(err, "replace %s", shown);
	array_push(&l->split, arena_text(l->now.arena, path));
	array_push(&l->split, arena_text(l->now.arena, path_dir(path)));
	return 0;
}

int
look_split_from_outside(struct look *l, struct error *err)
{
	for (size_t i = 0; i < l->linked.n; i++) {
		const char *path = l->linked.items[i].value, *name = NULL;
		auto_fd int parent_fd = inroot_parent(l->tree->fd, path, &name);
		auto_fd int dir_fd = -1;
		struct stat st;

		if (parent_fd >= 0)
			dir_fd = openat(parent_fd, ".",
			                O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir_fd < 0 || fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return error_sys(err, "stat /%s", path);
		if (st.st_nlink > 1 &&
		    split_name(l, dir_fd, name, &st, text_of(path), err) < 0)
			return -1;
	}
	return 0;
}

int
look_put_node(struct look *l, struct level *level, const char *name,
              const struct stat *st, struct error *err)
{
	const char *first = first_name(l, st);
	int upper_fd = look_upper(l, level, err);

	if (upper_fd < 0)
		return -1;
	if (first == NULL) {
		int copied = copy_node(level->fd, name, st, upper_fd, name,
		                       buf_str(&l->path), l->cancel, err);

		/* Only names of files are links in a layer. */
		if (copied <= 0 || S_ISREG(st->st_mode) || st->st_nlink < 2)
			return copied < 0 ? -1 : 0;
		return split_name(l, level->fd, name, st, buf_text(&l->path), err);
	}
	if (linkat(l->upper_fd, first, upper_fd, name, 0) < 0)
		return error_sys(err, "link %s", buf_str(&l->path));
	array_push(&l->split, text_of(first));
	return split_name(l, level->fd, name, st, buf_text(&l->path), err);
}
