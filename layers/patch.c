#include "base/map.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/path.h"
#include "layers/changes.h"
#include "layers/layer_state.h"
#include "layers/lowers.h"
#include "layers/view_state.h"

/* Notes the directories of T, layer number LAYER, that have no entry of their own; true
 * if there are any. */
static bool
find_implied_in(const struct tree *t, size_t layer, struct map *paths)
{
	bool any = false;

	for (size_t i = 0; i < t->n; i++) {
		struct text dir = path_dir(t->entries[i].path);

		/* The previous entry is the parent, a sibling, or below a sibling, so the
		 * parent was checked then. */
		if (i > 0 && dir.n > 0 && path_is_below(t->entries[i - 1].path, dir))
			continue;
		for (; dir.n > 0 && tree_find(t, dir) == NULL; dir = path_dir(dir)) {
			map_set(paths, dir, (void *)(layer + 1));
			any = true;
		}
	}
	return any;
}

/* The same for L; every step on top of it asks. */
static int
find_implied(struct layer *l, size_t number, struct map *paths, struct error *err)
{
	const struct tree *t = NULL;
	bool any = false;

	if (__atomic_load_n(&l->implies, __ATOMIC_RELAXED) == IMPLIES_NOTHING)
		return 0;
	t = layer_tree(l, err);
	if (t == NULL)
		return -1;
	any = find_implied_in(t, number, paths);
	__atomic_store_n(&l->implies, any ? IMPLIES_SOMETHING : IMPLIES_NOTHING,
	                 __ATOMIC_RELAXED);
	return 0;
}

/* True if the directory that layer number IMPLIED only implies at PATH covers the
 * metadata of the view. */
static bool
is_covered(const struct view *v, struct text path, size_t implied)
{
	struct view_entry found;
	const struct entry *e;

	if (view_find(v, path, &found) != 1 || found.entry == NULL)
		return false;
	e = found.entry;
	if (e->mode == 0755 && e->uid == 0 && e->gid == 0)
		return false;
	for (size_t i = 0; i < implied; i++)
		if (v->layers[i] == found.layer)
			return true;
	return false;
}

/* Adds PATH and all directories above it, because the patch would cover those without an
 * entry. */
static void
add_with_parents(struct text path, struct map *wanted)
{
	for (; path.n > 0 && !map_has(wanted, path); path = path_dir(path))
		map_set(wanted, path, NULL);
}

static int
compare_changes(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	return path_compare(x->entry.path, y->entry.path);
}

static struct layer *
make_patch(struct store *st, const struct view *v, const struct map *wanted,
           struct error *err)
{
	struct layer_options options = { .forms = LAYER_DIR | LAYER_TAR, .epoch = -1 };
	ARRAY(struct change) changes = { 0 };
	struct layer *l;

	for (size_t i = 0; i < wanted->n; i++) {
		struct view_entry found;
		struct change *c;

		if (view_find(v, wanted->items[i].key, &found) != 1 ||
		    found.entry == NULL)
			continue;
		c = array_add(&changes);
		c->entry = *found.entry;
		c->entry.opaque = false;
	}
	array_sort(&changes, compare_changes);
	l = layer_from_changes(st, changes.at, changes.n, &options, err);
	array_clear(&changes);
	return l;
}

int
layer_patch(struct store *st, struct layer *const *layers, size_t n, struct layer **out,
            struct error *err)
{
	auto_map struct map implied = MAP_INIT, wanted = MAP_INIT;
	auto_view struct view *v = NULL;
	struct layer *patch;

	for (size_t i = 0; i < n; i++)
		if (find_implied(layers[i], i, &implied, err) < 0)
			return -1;
	if (implied.n == 0)
		return 0;
	v = view_new(layers, n, err);
	if (v == NULL)
		return -1;
	for (size_t i = 0; i < implied.n; i++)
		if (is_covered(v, implied.items[i].key,
		               (size_t)implied.items[i].value - 1))
			add_with_parents(implied.items[i].key, &wanted);
	if (wanted.n == 0)
		return 0;
	patch = make_patch(st, v, &wanted, err);
	if (patch == NULL)
		return -1;
	*out = patch;
	return 1;
}
