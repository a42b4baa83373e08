/*
 * Finds the changes in a plain tree since the last walk: compares two sorted lists of
 * stat results while it makes the newer one.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/inroot.h"
#include "base/listing.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/path.h"
#include "layers/changes.h"
#include "layers/copy_node.h"
#include "layers/owner_marks.h"
#include "layers/owner_notes.h"
#include "layers/plain_look.h"
#include "layers/plain_tree.h"
#include "layers/whiteout.h"

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

static const struct noted *
next_before(const struct look *l)
{
	return l->at < l->before->list.n ? &l->before->list.at[l->at] : NULL;
}

/* Skips the notes at and below PATH; true if there were any. */
static bool
pass_below(struct look *l, struct text path)
{
	const struct noted *n = next_before(l);
	const size_t from = l->at;

	for (; n != NULL && path_is_below(n->path, path); n = next_before(l))
		l->at++;
	return l->at > from;
}

/* The latest layer that said something of PATH, or SINCE if that is later. */
static uint32_t
latest(struct look *l, struct text path, uint32_t since)
{
	const struct plain_events *e = &l->tree->events;
	int order = -1;

	for (; l->event < e->list.n; l->event++) {
		order = path_compare(e->list.at[l->event].path, path);
		if (order > 0)
			break;
		if (order == 0 && e->list.at[l->event].since > since)
			since = e->list.at[l->event].since;
	}
	return since;
}

static void
add_fix(struct look *l, struct text path, bool is_whole)
{
	array_push(&l->fixes->list,
	           ((struct fix){ .path = arena_text(l->fixes->arena, path),
	                          .is_whole = is_whole }));
}

/* A noted path is gone. */
static int
note_removed(struct look *l, struct level *level, struct text path, struct error *err)
{
	if (l->fixes != NULL) {
		add_fix(l, path, true);
		return 0;
	}
	notes_add_gone(&l->now, path, l->fresh);
	return l->upper_fd < 0 ? 0 : look_put_whiteout(l, level, err);
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
	auto_listing struct listing list = listing_open(dir_fd, ".");
	const char *name = NULL;

	out->arena = arena_new();
	while ((name = listing_next(&list)) != NULL)
		array_push(&out->list, arena_copy(out->arena, name));
	if (listing_failed(&list))
		return error_sys(err, "list /%s", buf_str(&l->path));
	array_sort(&out->list, compare_names);
	return 0;
}

/* Reports paths that were noted in DIR before the current path (or to the end of DIR, if
 * TO_END) and are gone. */
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
		failed = note_removed(l, level, n->path, err);
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
	if (is_changed && l->upper_fd >= 0 && look_upper(l, &level, err) < 0)
		return -1;
	failed = look_dir(l, &level, err);
	if (failed < 0) {
		own_close(&level.upper_fd);
		return -1;
	}
	return look_leave(&level, err);
}

/* A copy of a layer lacks these: plain_tree_apply() omits sockets and nodes, and all
 * attributes but two. */
static bool
is_odd(int dir_fd, const char *name, const struct stat *st)
{
	auto_fd int fd = -1;
	auto_free char *names = NULL;
	ssize_t n = 0;

	if (S_ISSOCK(st->st_mode) || owner_is_device_at(dir_fd, name, st))
		return true;
	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		return false;
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	n = fd < 0 ? -1 : flistxattr(fd, NULL, 0);
	if (n <= 0)
		return fd < 0;
	names = mem_new((size_t)n + 1);
	n = flistxattr(fd, names, (size_t)n);
	for (const char *at = names; at < names + n; at += strlen(at) + 1)
		if (strncmp(at, "security.", strlen("security.")) != 0 &&
		    strcmp(at, LAYER_OWNER) != 0 && strcmp(at, LAYER_CAPABILITY) != 0)
			return true;
	return n < 0;
}

/* BEFORE: as it was noted, or NULL; NOW: as it is. */
static int
check_at(struct look *l, struct level *level, const char *name,
         const struct noted *before, const struct noted *now, const struct stat *st,
         struct error *err)
{
	const struct text path = buf_text(&l->path);
	const bool is_late = before == NULL || !notes_same(before, now) ||
	                     before->since >= l->n_kept || before->is_odd;

	if (S_ISDIR(now->mode) && before != NULL && S_ISDIR(before->mode)) {
		if (st->st_dev != l->tree->dev)
			return error_set(err, ERR_DAMAGED,
			                 "/%s: something is mounted there",
			                 buf_str(&l->path));
		if (is_late)
			add_fix(l, path, false);
		return enter(l, level, name, false, err);
	}
	pass_below(l, path);
	if (is_late)
		add_fix(l, path, true);
	return cancel_check(l->cancel, err);
}

static int
look_at(struct look *l, struct level *level, const char *name, struct error *err)
{
	const struct noted *before = next_before(l);
	struct noted now = { 0 };
	bool is_changed = true;
	int left_out = 0;
	struct stat st;

	if (notes_examine(level->fd, name, &now, &st) < 0)
		return error_sys(err, "stat /%s", buf_str(&l->path));
	if (l->upper_fd >= 0)
		left_out = whiteout_drop_device(level->fd, name, &st, buf_text(&l->path),
		                                err);
	if (left_out != 0)
		return left_out < 0 ? -1 : 0;
	if (before != NULL && text_equal(before->path, buf_text(&l->path))) {
		is_changed = !notes_same(before, &now);
		l->at++;
	} else {
		before = NULL;
	}
	if (l->fixes != NULL)
		return check_at(l, level, name, before, &now, &st, err);
	now.path = arena_text(l->now.arena, buf_text(&l->path));
	now.since = latest(l, now.path, is_changed ? l->fresh : before->since);
	now.is_odd = is_changed ? l->upper_fd >= 0 && is_odd(level->fd, name, &st)
	                        : before->is_odd;
	array_push(&l->now.list, now);
	if (S_ISDIR(st.st_mode))
		return enter(l, level, name, is_changed, err);
	/* It may have been a directory. */
	if (pass_below(l, now.path))
		notes_add_gone(&l->now, now.path, l->fresh);
	if (is_changed && l->upper_fd >= 0 && look_put_node(l, level, name, &st, err) < 0)
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
		status = l->upper_fd < 0 ? 0
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

/* Must not be a link: a foreign tree would lose everything that is not in the notes. */
static struct plain_tree *
open_tree(const char *dir, struct error *err)
{
	struct plain_tree *t = mem_new(sizeof *t);
	struct stat st;

	t->dir = dir;
	t->fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (t->fd >= 0 && fstat(t->fd, &st) == 0) {
		t->ino = st.st_ino;
		t->dev = st.st_dev;
		return t;
	}
	error_sys(err, "open %s", dir);
	plain_tree_free(t);
	return NULL;
}

struct plain_tree *
plain_tree_new(const char *dir, struct error *err)
{
	struct plain_tree *t = open_tree(dir, err);

	if (t != NULL)
		t->notes.arena = arena_new();
	return t;
}

struct plain_tree *
plain_tree_load(const char *dir, int notes_fd, const char *name, struct error *err)
{
	struct plain_tree *t = open_tree(dir, err);
	struct notes_tree noted = { 0 };
	struct stat home;
	int found = t == NULL ? -1 : notes_read(notes_fd, name, &t->notes, &noted, err);

	/* Checks that the notes are about this directory, and that it is not a mount
	 * point. */
	if (found > 0 && noted.ino == t->ino && fstat(notes_fd, &home) == 0 &&
	    home.st_dev == t->dev) {
		t->n_layers = noted.n_layers;
		return t;
	}
	if (found >= 0)
		error_set(err, ERR_DAMAGED,
		          "%s: the notes about it are damaged, or about another", dir);
	plain_tree_free(t);
	return NULL;
}

int
plain_tree_save(const struct plain_tree *t, int notes_fd, const char *name,
                struct error *err)
{
	const struct notes_tree tree = { .ino = t->ino, .n_layers = t->n_layers };

	return notes_write(&t->notes, &tree, notes_fd, name, err);
}

void
plain_tree_free(struct plain_tree *t)
{
	if (t == NULL)
		return;
	own_close(&t->fd);
	notes_clear(&t->notes);
	plain_events_clear(&t->events);
	free(t);
}

int
plain_tree_fd(const struct plain_tree *t)
{
	return t->fd;
}

uint32_t
plain_tree_n_layers(const struct plain_tree *t)
{
	return t->n_layers;
}

int
plain_tree_add(struct plain_tree *t, int from_fd, const struct cancel *cancel,
               struct error *err)
{
	if (plain_apply(from_fd, t->fd, &t->events, t->n_layers, cancel, err) < 0)
		return -1;
	t->n_layers++;
	return 0;
}

/* Before Linux 6.13 the clock of files stands still between two ticks. */
void
plain_tree_pause(void)
{
	struct utsname name;

	if (uname(&name) == 0 && strverscmp(name.release, "6.13") >= 0)
		return;
	cancel_pause(NULL, 10 * NS_PER_MS);
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

/* Paths that were gone, or have gone since, may be back; whoever removes layers has to
 * know. */
static void
keep_gone(struct look *l)
{
	const struct plain_events *e = &l->tree->events;

	for (size_t i = 0; i < l->before->gone.n; i++)
		notes_add_gone(&l->now, l->before->gone.at[i].path,
		               l->before->gone.at[i].since);
	for (size_t i = 0; i < e->list.n; i++)
		if (e->list.at[i].is_gone)
			notes_add_gone(&l->now, e->list.at[i].path, e->list.at[i].since);
	notes_settle_gone(&l->now);
}

static int
look(struct plain_tree *t, int upper_fd, uint32_t fresh, const struct cancel *cancel,
     struct error *err)
{
	auto_look struct look l = { .tree = t,
		                    .before = &t->notes,
		                    .fresh = fresh,
		                    .now = { .arena = arena_new() },
		                    .upper_fd = upper_fd,
		                    .cancel = cancel };
	struct level root = { .name = "/", .fd = t->fd, .upper_fd = upper_fd };
	struct notes before = t->notes;

	plain_events_sort(&t->events);
	if (look_dir(&l, &root, err) < 0 || look_split_from_outside(&l, err) < 0 ||
	    copy_root(t, upper_fd, err) < 0)
		return -1;
	keep_gone(&l);
	plain_events_clear(&t->events);
	l.before = &before;
	t->notes = l.now;
	l.now = before;
	for (size_t i = 0; i < l.split.n; i++)
		plain_tree_refresh(t, l.split.at[i]);
	plain_tree_pause();
	return 0;
}

static bool
has_entries(int dir_fd)
{
	auto_listing struct listing list = listing_open(dir_fd, ".");

	return listing_next(&list) != NULL || listing_failed(&list);
}

int
plain_tree_diff(struct plain_tree *t, int upper_fd, const struct cancel *cancel,
                struct error *err)
{
	if (look(t, upper_fd, t->n_layers, cancel, err) < 0)
		return -1;
	if (has_entries(upper_fd))
		t->n_layers++;
	return 0;
}

/* In a new tree, paths without an event are of the lowest layer. */
int
plain_tree_note(struct plain_tree *t, const struct cancel *cancel, struct error *err)
{
	const bool is_new = t->notes.list.n == 0 || t->n_layers == 0;

	return look(t, -1, is_new ? 0 : t->n_layers - 1, cancel, err);
}

int
plain_tree_check(struct plain_tree *t, uint32_t n, struct fixes *out,
                 const struct cancel *cancel, struct error *err)
{
	auto_look struct look l = { .tree = t,
		                    .before = &t->notes,
		                    .upper_fd = -1,
		                    .fixes = out,
		                    .n_kept = n,
		                    .cancel = cancel };
	struct level root = { .name = "/", .fd = t->fd, .upper_fd = -1 };

	if (look_dir(&l, &root, err) < 0)
		return -1;
	for (size_t i = 0; i < t->notes.gone.n; i++)
		if (t->notes.gone.at[i].since >= n)
			add_fix(&l, t->notes.gone.at[i].path, true);
	return 0;
}

void
plain_tree_refresh(struct plain_tree *t, struct text path)
{
	struct noted *found = notes_find(&t->notes, path);
	auto_free char *name_of = text_copy(path);
	const char *name = NULL;
	auto_fd int parent_fd = -1;
	struct stat st;

	if (found == NULL)
		return;
	parent_fd = inroot_parent(t->fd, name_of, &name);
	if (parent_fd >= 0)
		notes_examine(parent_fd, name, found, &st);
}
