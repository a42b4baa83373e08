/*
 * What changed in a plain tree since the last look: two sorted lists of what
 * stat tells, compared while the newer one is made.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/inroot.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/path.h"
#include "layers/copy_node.h"
#include "layers/layers.h"
#include "layers/whiteout.h"

/* How a path was when it was last looked at. No program can set a change time. */
struct noted {
	struct text path;
	uint64_t ino;
	int64_t changed_s;
	uint32_t changed_ns;
	uint16_t mode; /* with the type */
};

/* In the order of path_compare(). */
struct notes {
	ARRAY(struct noted) list;
	struct arena *arena; /* of the paths */
};

struct plain_tree {
	const char *dir;
	int fd;
	struct notes notes;
};

static void
notes_clear(struct notes *n)
{
	array_clear(&n->list);
	arena_free(n->arena);
	n->arena = NULL;
}

/* A directory on the way, and what stands for it in the upper directory. */
struct level {
	struct level *up; /* NULL: the root */
	const char *name;
	int fd;
	int upper_fd; /* -1: not yet */
};

/* One look at the tree. */
struct look {
	struct plain_tree *tree;
	const struct notes *before;
	size_t at; /* the first of BEFORE that was not passed */
	struct notes now;
	struct buf path;
	int upper_fd; /* -1: nobody wants to know what changed */
	struct map
	        linked; /* inode of a changed file with several names → its first one */
	ARRAY(struct text) split; /* paths whose change times are ours */
	const struct cancel *cancel;
};

static void
look_clear(struct look *l)
{
	notes_clear(&l->now);
	buf_clear(&l->path);
	map_clear(&l->linked);
	array_clear(&l->split);
}
#define auto_look __attribute__((cleanup(look_clear)))

/* ------------------------------------------------------------ notes */

static int
examine(int dir_fd, const char *name, struct noted *out, struct stat *st)
{
	if (fstatat(dir_fd, name, st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		return -1;
	out->ino = st->st_ino;
	out->changed_s = st->st_ctim.tv_sec;
	out->changed_ns = (uint32_t)st->st_ctim.tv_nsec;
	out->mode = (uint16_t)st->st_mode;
	return 0;
}

static bool
is_unchanged(const struct noted *a, const struct noted *b)
{
	return a->ino == b->ino && a->changed_s == b->changed_s &&
	       a->changed_ns == b->changed_ns && a->mode == b->mode;
}

static const struct noted *
next_before(const struct look *l)
{
	return l->at < l->before->list.n ? &l->before->list.at[l->at] : NULL;
}

/* Passes what was noted at and below PATH. */
static void
pass_below(struct look *l, struct text path)
{
	const struct noted *n = next_before(l);

	for (; n != NULL && path_is_below(n->path, path); n = next_before(l))
		l->at++;
}

/* ------------------------------------------------------------ ways out */

/* The directory of the upper that stands for LEVEL, made with all above it. */
static int
upper_of(struct look *l, struct level *level, struct error *err)
{
	int up_fd = -1;

	if (level->upper_fd >= 0)
		return level->upper_fd;
	up_fd = upper_of(l, level->up, err);
	if (up_fd < 0)
		return -1;
	if (mkdirat(up_fd, level->name, 0700) == 0)
		level->upper_fd = openat(up_fd, level->name,
		                         O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return level->upper_fd < 0
	               ? error_sys(err, "make %s in the upper directory", level->name)
	               : level->upper_fd;
}

/* The metadata come last: what is made in a directory changes its time. */
static int
level_leave(struct level *level, struct error *err)
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

static int
put_whiteout(struct look *l, struct level *level, struct error *err)
{
	auto_free char *name = text_copy(path_base(buf_text(&l->path)));
	int upper_fd = upper_of(l, level, err);

	if (upper_fd < 0)
		return -1;
	if (whiteout_make(upper_fd, name) < 0)
		return error_sys(err, "mark %s as deleted", buf_str(&l->path));
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

/* Gives NAME, which is at PATH of the tree, a file of its own, as it will have for the
 * next step. */
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

/* Names that are left beside the first one are not in the tree: a cache mount's file
 * may have been linked, and must not get what later steps write. */
static int
split_from_outside(struct look *l, struct error *err)
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

static int
put_node(struct look *l, struct level *level, const char *name, const struct stat *st,
         struct error *err)
{
	const char *first = first_name(l, st);
	int upper_fd = upper_of(l, level, err);

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

/* ------------------------------------------------------------ the look */

static int look_dir(struct look *l, struct level *level, struct error *err);

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
	ARRAY(char *) list;
	struct arena *arena;
};

static void
names_clear(struct names *n)
{
	array_clear(&n->list);
	arena_free(n->arena);
}
#define auto_names __attribute__((cleanup(names_clear)))

static int
list_names(const struct look *l, int dir_fd, struct names *out, struct error *err)
{
	auto_fd int own_fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *dir = own_fd < 0 ? NULL : fdopendir(own_fd);
	const struct dirent *d = NULL;

	if (dir == NULL)
		return error_sys(err, "open /%s", buf_str(&l->path));
	take_fd(&own_fd);
	out->arena = arena_new();
	while (errno = 0, (d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			array_push(&out->list, arena_copy(out->arena, d->d_name));
	if (errno != 0)
		return error_sys(err, "list /%s", buf_str(&l->path));
	array_sort(&out->list, compare_names);
	return 0;
}

/* What was noted in DIR before the path at hand, or to the end of DIR if TO_END, and
 * is not there any more. */
static int
pass_removed(struct look *l, struct level *level, struct text dir, bool to_end,
             struct error *err)
{
	auto_free char *here = text_copy(buf_text(&l->path));
	const struct noted *n = NULL;
	int failed = 0;

	while (failed == 0 && (n = next_before(l)) != NULL &&
	       path_is_below(n->path, dir) &&
	       (to_end || path_compare(n->path, text_of(here)) < 0)) {
		buf_truncate(&l->path, 0);
		buf_add_text(&l->path, n->path);
		if (l->upper_fd >= 0)
			failed = put_whiteout(l, level, err);
		pass_below(l, n->path);
	}
	buf_truncate(&l->path, 0);
	buf_add_str(&l->path, here);
	return failed;
}

/* IS_CHANGED: directory NAME itself. */
static int
enter(struct look *l, struct level *up, const char *name, bool is_changed,
      struct error *err)
{
	auto_fd int fd = openat(up->fd, name,
	                        O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct level level = { .up = up, .name = name, .fd = fd, .upper_fd = -1 };
	int failed = 0;

	if (fd < 0)
		return error_sys(err, "open /%s", buf_str(&l->path));
	if (is_changed && l->upper_fd >= 0 && upper_of(l, &level, err) < 0)
		return -1;
	failed = look_dir(l, &level, err);
	if (failed < 0) {
		own_close(&level.upper_fd);
		return -1;
	}
	return level_leave(&level, err);
}

static int
look_at(struct look *l, struct level *level, const char *name, struct error *err)
{
	const struct noted *before = next_before(l);
	struct noted now = { 0 };
	bool is_changed = true;
	int left_out = 0;
	struct stat st;

	if (examine(level->fd, name, &now, &st) < 0)
		return error_sys(err, "stat /%s", buf_str(&l->path));
	if (l->upper_fd >= 0)
		left_out = whiteout_drop_device(level->fd, name, &st, buf_text(&l->path),
		                                err);
	if (left_out != 0)
		return left_out < 0 ? -1 : 0;
	now.path = arena_text(l->now.arena, buf_text(&l->path));
	array_push(&l->now.list, now);
	if (before != NULL && text_equal(before->path, now.path)) {
		is_changed = !is_unchanged(before, &now);
		l->at++;
	}
	if (S_ISDIR(st.st_mode))
		return enter(l, level, name, is_changed, err);
	/* It may have been a directory. */
	pass_below(l, now.path);
	if (is_changed && l->upper_fd >= 0 && put_node(l, level, name, &st, err) < 0)
		return -1;
	return cancel_check(l->cancel, err);
}

static int
look_dir(struct look *l, struct level *level, struct error *err)
{
	auto_names struct names names = { 0 };
	auto_free char *dir = text_copy(buf_text(&l->path));
	size_t length = l->path.n;
	int status = 0;

	if (list_names(l, level->fd, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.list.n; i++) {
		if (length > 0)
			buf_add_char(&l->path, '/');
		buf_add_str(&l->path, names.list.at[i]);
		if (layer_path_check(buf_text(&l->path), err) < 0 ||
		    pass_removed(l, level, text_of(dir), false, err) < 0)
			return -1;
		status = l->upper_fd < 0
		                 ? 0
		                 : whiteout_drop_name(level->fd, names.list.at[i],
		                                      buf_text(&l->path), err);
		if (status == 0)
			status = look_at(l, level, names.list.at[i], err);
		if (status < 0)
			return -1;
		buf_truncate(&l->path, length);
	}
	return pass_removed(l, level, text_of(dir), true, err);
}

/* ------------------------------------------------------------ the tree */

struct plain_tree *
plain_tree_new(const char *dir, struct error *err)
{
	struct plain_tree *t = mem_new(sizeof *t);

	t->dir = dir;
	t->fd = file_open_dir(AT_FDCWD, dir, err);
	t->notes.arena = arena_new();
	if (t->fd >= 0)
		return t;
	plain_tree_free(t);
	return NULL;
}

void
plain_tree_free(struct plain_tree *t)
{
	if (t == NULL)
		return;
	own_close(&t->fd);
	notes_clear(&t->notes);
	free(t);
}

int
plain_tree_fd(const struct plain_tree *t)
{
	return t->fd;
}

/* Before Linux 6.13 the clock of files stands still between two ticks, so a change
 * right after the look could carry its time. */
static void
wait_for_tick(void)
{
	const struct timespec tick = { .tv_nsec = 10000000 };
	struct utsname name;

	if (uname(&name) == 0 && strverscmp(name.release, "6.13") >= 0)
		return;
	nanosleep(&tick, NULL);
}

static int
copy_root(const struct plain_tree *t, int upper_fd, struct error *err)
{
	struct stat st;

	if (upper_fd < 0)
		return 0;
	if (fstat(t->fd, &st) < 0)
		return error_sys(err, "stat %s", t->dir);
	return copy_dir_metadata(t->fd, &st, upper_fd, "/", err);
}

int
plain_tree_diff(struct plain_tree *t, int upper_fd, const struct cancel *cancel,
                struct error *err)
{
	auto_look struct look l = { .tree = t,
		                    .before = &t->notes,
		                    .now = { .arena = arena_new() },
		                    .upper_fd = upper_fd,
		                    .cancel = cancel };
	struct level root = { .name = "/", .fd = t->fd, .upper_fd = upper_fd };
	struct notes before = t->notes;

	if (look_dir(&l, &root, err) < 0 || split_from_outside(&l, err) < 0 ||
	    copy_root(t, upper_fd, err) < 0)
		return -1;
	l.before = &before;
	t->notes = l.now;
	l.now = before;
	for (size_t i = 0; i < l.split.n; i++)
		plain_tree_refresh(t, l.split.at[i]);
	wait_for_tick();
	return 0;
}

int
plain_tree_note(struct plain_tree *t, const struct cancel *cancel, struct error *err)
{
	notes_clear(&t->notes);
	t->notes.arena = arena_new();
	return plain_tree_diff(t, -1, cancel, err);
}

static int
compare_noted(const void *a, const void *b)
{
	const struct noted *x = a, *y = b;

	return path_compare(x->path, y->path);
}

void
plain_tree_refresh(struct plain_tree *t, struct text path)
{
	struct noted key = { .path = path }, *found = NULL;
	auto_free char *name_of = text_copy(path);
	const char *name = NULL;
	auto_fd int parent_fd = -1;
	struct stat st;

	if (t->notes.list.n > 0)
		found = bsearch(&key, t->notes.list.at, t->notes.list.n, sizeof key,
		                compare_noted);
	if (found == NULL)
		return;
	parent_fd = inroot_parent(t->fd, name_of, &name);
	if (parent_fd >= 0)
		examine(parent_fd, name, found, &st);
}
