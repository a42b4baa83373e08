/*
 * Restores a plain tree to the state of its lowest layers, after any changes.
 *
 *	check      find paths that differ from the notes, or come from a later layer
 *	ask        look these paths up in the layers
 *	remove     remove entries that must be made again, or must not exist
 *	apply      apply the layers, the lowest first, but only these paths
 *	metadata   of directories, last, because new entries change their times
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/inroot.h"
#include "base/own.h"
#include "base/path.h"
#include "layers/copy_node.h"
#include "layers/plain_look.h"
#include "layers/plain_tree.h"
#include "layers/whiteout.h"

enum { SAYS_NOTHING, SAYS_DIR, SAYS_OTHER };

struct restore {
	struct plain_tree *tree;
	struct fixes fixes;
	uint32_t layer;   /* at hand */
	bool is_applying; /* otherwise only looked up */
	const struct cancel *cancel;
};

static void
restore_clear(struct restore *r)
{
	array_clear(&r->fixes.list);
	arena_free(r->fixes.arena);
}
#define auto_restore __attribute__((cleanup(restore_clear)))

/* ------------------------------------------------------------ which paths */

/* For equal paths, a fix of the whole tree comes first. */
static int
compare_fixes(const void *a, const void *b)
{
	const struct fix *x = a, *y = b;
	int order = path_compare(x->path, y->path);

	return order != 0 ? order : (int)y->is_whole - (int)x->is_whole;
}

/* Sorts the fixes; keeps each path once, and nothing below a fix of a whole tree. */
static void
settle(struct fixes *f)
{
	const struct fix *whole = NULL, *last = NULL;
	size_t kept = 0;

	array_sort(&f->list, compare_fixes);
	for (size_t i = 0; i < f->list.n; i++) {
		const struct fix *fix = &f->list.at[i];

		if ((whole != NULL && path_is_below(fix->path, whole->path)) ||
		    (last != NULL && text_equal(fix->path, last->path)))
			continue;
		f->list.at[kept] = *fix;
		last = &f->list.at[kept++];
		if (last->is_whole)
			whole = last;
	}
	f->list.n = kept;
}

/* What is removed or made changes the time of the directory that holds it. */
static void
add_parents(struct fixes *f)
{
	const size_t n = f->list.n;
	struct text last = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct text dir = path_dir(f->list.at[i].path);

		if (!f->list.at[i].is_whole || dir.n == 0 || text_equal(dir, last))
			continue;
		array_push(&f->list, ((struct fix){ .path = dir }));
		last = dir;
	}
}

/* ------------------------------------------------------------ what one layer says */

static int visit_dir(struct restore *r, int from_fd, size_t lo, size_t hi, size_t skip,
                     struct error *err);

/* Notes that PATH is no longer in the tree. */
static int
remove_path(const struct restore *r, struct text path, struct error *err)
{
	auto_free char *text = text_copy(path);
	const char *name = NULL;
	auto_fd int parent_fd = inroot_parent(r->tree->fd, text, &name);

	if (parent_fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
		               ? 0
		               : error_sys(err, "open the directory of /%s", text);
	return file_remove_tree(parent_fd, name, err);
}

/* The layer removes everything below fixes LO to HI. */
static int
hide(struct restore *r, size_t lo, size_t hi, struct error *err)
{
	for (size_t i = lo; i < hi; i++) {
		struct fix *fix = &r->fixes.list.at[i];

		if (!r->is_applying)
			fix->says = SAYS_NOTHING;
		else if (fix->is_there && remove_path(r, fix->path, err) < 0)
			return -1;
		fix->is_there = false;
	}
	return 0;
}

/* The layer has NAME in FROM_FD, which FIX stands for. */
static int
answer(struct restore *r, struct fix *fix, int from_fd, const char *name,
       const struct stat *st, struct error *err)
{
	auto_free char *text = text_copy(fix->path);
	auto_fd int parent_fd = -1;
	const char *last = NULL;

	if (!r->is_applying) {
		fix->top = r->layer;
		fix->says = SAYS_OTHER;
		if (S_ISDIR(st->st_mode))
			fix->says = SAYS_DIR;
		else if (whiteout_is_mark(from_fd, name, st))
			fix->says = SAYS_NOTHING;
		return 0;
	}
	/* If the layers leave nothing there in the end, its directory may be missing. */
	if (!fix->is_whole || fix->says == SAYS_NOTHING)
		return 0;
	parent_fd = inroot_parent(r->tree->fd, text, &last);
	if (parent_fd < 0)
		return error_sys(err, "open the directory of /%s", text);
	fix->is_there = true;
	return plain_apply_entry(from_fd, name, parent_fd, fix->path, r->cancel, err);
}

/* Fixes LO to HI begin with the same name, in a directory whose path has SKIP bytes. */
static int
visit(struct restore *r, int from_fd, size_t lo, size_t hi, size_t skip,
      struct error *err)
{
	struct fix *first = &r->fixes.list.at[lo];
	struct text rest = text_from(first->path, skip), component;
	const bool is_exact = path_next(&rest, &component) && rest.n == 0;
	const size_t below = is_exact ? lo + 1 : lo;
	auto_free char *name = text_copy(component);
	auto_fd int fd = -1;
	struct stat st;

	if (fstatat(from_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_sys(err, "stat %s", name);
	if (is_exact && answer(r, first, from_fd, name, &st, err) < 0)
		return -1;
	if (!S_ISDIR(st.st_mode))
		return hide(r, below, hi, err);
	if (below == hi)
		return 0;
	fd = openat(from_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open %s", name);
	if (whiteout_is_opaque(fd) && hide(r, below, hi, err) < 0)
		return -1;
	return visit_dir(r, fd, below, hi, skip + component.n + 1, err);
}

static int
visit_dir(struct restore *r, int from_fd, size_t lo, size_t hi, size_t skip,
          struct error *err)
{
	const struct fix *fixes = r->fixes.list.at;

	while (lo < hi) {
		struct text rest = text_from(fixes[lo].path, skip), component;
		struct text group = fixes[lo].path;
		size_t end = lo;

		path_next(&rest, &component);
		group.n = skip + component.n;
		while (end < hi && path_is_below(fixes[end].path, group))
			end++;
		if (visit(r, from_fd, lo, end, skip, err) < 0)
			return -1;
		lo = end;
	}
	return cancel_check(r->cancel, err);
}

static int
visit_layers(struct restore *r, const char *const *layers, uint32_t n, struct error *err)
{
	/* The root itself comes first, and belongs to all layers. */
	for (uint32_t i = 0; i < n; i++) {
		auto_fd int fd = file_open_dir(AT_FDCWD, layers[i], err);

		r->layer = i;
		if (fd < 0 || visit_dir(r, fd, 1, r->fixes.list.n, 0, err) < 0)
			return -1;
	}
	return 0;
}

/* ------------------------------------------------------------ metadata */

/* Only attributes that programs set; those that the system sets for itself stay. */
static int
clear_attributes(int fd, const char *path, struct error *err)
{
	auto_free char *names = NULL;
	ssize_t n = flistxattr(fd, NULL, 0);

	if (n == 0 || (n < 0 && errno == ENOTSUP))
		return 0;
	if (n > 0) {
		names = mem_new((size_t)n + 1);
		n = flistxattr(fd, names, (size_t)n);
	}
	if (n < 0)
		return error_sys(err, "list the attributes of /%s", path);
	for (const char *name = names; name < names + n; name += strlen(name) + 1)
		if (strncmp(name, "security.", strlen("security.")) != 0 &&
		    fremovexattr(fd, name) < 0 && errno != ENODATA)
			return error_sys(err, "remove attribute %s of /%s", name, path);
	return 0;
}

static int
restore_dir(const struct restore *r, const struct fix *fix, int layer_fd,
            struct error *err)
{
	auto_free char *path = text_copy(fix->path.n == 0 ? TEXT(".") : fix->path);
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	auto_fd int from_fd = inroot_open_nolinks(layer_fd, path, flags, 0);
	auto_fd int to_fd = inroot_open_nolinks(r->tree->fd, path, flags, 0);
	struct stat st;

	if (from_fd < 0 || to_fd < 0 || fstat(from_fd, &st) < 0)
		return error_sys(err, "open /%s", path);
	if (clear_attributes(to_fd, path, err) < 0)
		return -1;
	return copy_dir_metadata(from_fd, &st, to_fd, path, err);
}

static int
restore_dirs(const struct restore *r, const char *const *layers, uint32_t n,
             struct error *err)
{
	for (uint32_t layer = 0; layer < n; layer++) {
		auto_fd int fd = file_open_dir(AT_FDCWD, layers[layer], err);

		if (fd < 0)
			return -1;
		for (size_t i = 0; i < r->fixes.list.n; i++) {
			const struct fix *fix = &r->fixes.list.at[i];

			if (!fix->is_whole && fix->top == layer &&
			    restore_dir(r, fix, fd, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* ------------------------------------------------------------ all */

/* A directory that the layers do not have, or have as another type, is removed as a
 * whole. */
static void
settle_dirs(struct restore *r)
{
	bool is_changed = false;

	for (size_t i = 1; i < r->fixes.list.n; i++) {
		struct fix *fix = &r->fixes.list.at[i];

		if (fix->is_whole || fix->says == SAYS_DIR)
			continue;
		fix->is_whole = is_changed = true;
	}
	if (is_changed)
		settle(&r->fixes);
}

static int
restore(struct restore *r, const char *const *layers, uint32_t n, struct error *err)
{
	struct fixes *f = &r->fixes;

	add_parents(f);
	array_push(&f->list, ((struct fix){ .path = TEXT("") }));
	settle(f);
	f->list.at[0].top = n - 1;
	if (visit_layers(r, layers, n, err) < 0)
		return -1;
	settle_dirs(r);
	for (size_t i = 1; i < f->list.n; i++)
		if (f->list.at[i].is_whole && remove_path(r, f->list.at[i].path, err) < 0)
			return -1;
	r->is_applying = true;
	if (visit_layers(r, layers, n, err) < 0)
		return -1;
	return restore_dirs(r, layers, n, err);
}

/* Paths of a layer that is gone count as paths of the last layer. */
static void
forget_layers(struct plain_tree *t, uint32_t n)
{
	t->n_layers = n;
	for (size_t i = 0; i < t->notes.list.n; i++)
		if (t->notes.list.at[i].since >= n)
			t->notes.list.at[i].since = n - 1;
	for (size_t i = 0; i < t->notes.gone.n; i++)
		if (t->notes.gone.at[i].since >= n)
			t->notes.gone.at[i].since = n - 1;
}

int
plain_tree_restore(struct plain_tree *t, const char *const *layers, uint32_t n,
                   const struct cancel *cancel, struct error *err)
{
	auto_restore struct restore r = { .tree = t,
		                          .fixes = { .arena = arena_new() },
		                          .cancel = cancel };
	size_t n_found = 0;

	if (plain_tree_check(t, n, &r.fixes, cancel, err) < 0)
		return -1;
	n_found = r.fixes.list.n;
	if (restore(&r, layers, n, err) < 0)
		return -1;
	forget_layers(t, n);
	return n_found > 0;
}
