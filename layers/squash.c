#include "layers/squash.h"

#include "base/base.h"
#include "base/map.h"
#include "base/path.h"
#include "layers/layer.h"
#include "layers/view_state.h"

/* A directory on the way to the path at hand, which is of the base alone so far. */
struct waiting {
	struct text path;
	struct view_entry dir;
	bool is_put;
};

struct squash {
	const struct view *all;
	struct layer *const *added; /* the layers that become one */
	size_t n_added;
	const struct cancel *cancel;
	struct arena *arena;
	ARRAY(struct change) changes;
	ARRAY(struct waiting) way;
	struct map dirs;  /* paths of directories that were put */
	struct map files; /* (layer, first name) → path of the copy */
};

static void
squash_clear(struct squash *s)
{
	array_clear(&s->changes);
	array_clear(&s->way);
	map_clear(&s->dirs);
	map_clear(&s->files);
	arena_free(s->arena);
}
#define auto_squash __attribute__((cleanup(squash_clear)))

static bool
is_added(const struct squash *s, const struct layer *layer)
{
	for (size_t i = 0; i < s->n_added; i++)
		if (s->added[i] == layer)
			return true;
	return false;
}

/* ------------------------------------------------------------ one path */

/* What E is at PATH; a directory without an entry counts as 0755 0:0. */
static struct change *
put(struct squash *s, struct text path, const struct view_entry *e)
{
	struct change *change = array_add(&s->changes);

	change->entry = (struct entry){ .type = ENTRY_DIR, .mode = 0755 };
	if (e->entry != NULL)
		change->entry = *e->entry;
	change->entry.path = path;
	change->entry.opaque = false;
	change->entry.offset = 0;
	return change;
}

static void
put_dir(struct squash *s, struct text path, const struct view_entry *e)
{
	if (map_set(&s->dirs, path, s))
		put(s, path, e);
}

/* A regular file, or another name of one that was put before. */
static int
put_file(struct squash *s, struct text path, const struct view_entry *e,
         struct error *err)
{
	const struct tree *tree = layer_tree(e->layer, err);
	const struct entry *file = tree == NULL ? NULL : view_link_target(tree, e->entry);
	auto_buf struct buf key = BUF_INIT;
	struct change *change = NULL;
	const struct text *first = NULL;
	struct text *copy = NULL;

	if (tree == NULL)
		return -1;
	if (file == NULL)
		return error_set(err, ERR_DAMAGED,
		                 "%.*s: a hard link to what is not there",
		                 TEXT_ARG(path));
	buf_add(&key, &e->layer, sizeof e->layer);
	buf_add_text(&key, file->path);
	first = map_find(&s->files, buf_text(&key));
	change = put(s, path, &(struct view_entry){ file, e->layer });
	if (first != NULL) {
		change->entry.type = ENTRY_HARDLINK;
		change->entry.link = *first;
		return 0;
	}
	copy = arena_alloc(s->arena, sizeof *copy);
	*copy = path;
	map_set(&s->files, buf_text(&key), copy);
	return file->type == ENTRY_FILE
	               ? layer_content(e->layer, file, &change->content, err)
	               : 0;
}

/* ------------------------------------------------------------ the way to it */

static void
leave(struct squash *s, struct text path)
{
	while (s->way.n > 0 && !path_is_below(path, s->way.at[s->way.n - 1].path))
		s->way.n--;
}

static void
put_way(struct squash *s)
{
	for (size_t i = 0; i < s->way.n; i++) {
		struct waiting *w = &s->way.at[i];

		if (!w->is_put)
			put_dir(s, w->path, &w->dir);
		w->is_put = true;
	}
}

static bool
is_dir(const struct view_entry *e)
{
	return e->entry == NULL || e->entry->type == ENTRY_DIR;
}

static int
see_all(void *arg, struct text path, const struct view_entry *e, struct error *err)
{
	struct squash *s = arg;
	bool is_new = e->entry != NULL && is_added(s, e->layer);

	if (cancel_check(s->cancel, err) < 0)
		return -1;
	leave(s, path);
	path = arena_text(s->arena, path);
	if (is_new)
		put_way(s);
	if (is_dir(e) && is_new)
		put_dir(s, path, e);
	else if (is_new)
		return put_file(s, path, e, err);
	if (is_dir(e))
		array_push(&s->way, ((struct waiting){ path, *e, is_new }));
	return 0;
}

/* ------------------------------------------------------------ what is gone */

/* What the base has and all layers together have not. Below something that is gone, or
 * is no directory any more, nothing is left to say. */
static int
see_base(void *arg, struct text path, const struct view_entry *e, struct error *err)
{
	struct squash *s = arg;
	struct view_entry now;
	int found = view_find(s->all, path, &now);
	struct text parent = path_dir(path);

	if (found < 0 || cancel_check(s->cancel, err) < 0)
		return -1;
	leave(s, path);
	path = arena_text(s->arena, path);
	if (found > 0) {
		if (is_dir(e) && is_dir(&now))
			array_push(&s->way, ((struct waiting){ path, now, false }));
		return 0;
	}
	/* The way ends above a directory that is gone. */
	if (path.n > 0 &&
	    (s->way.n == 0 || !text_equal(s->way.at[s->way.n - 1].path, parent)))
		return 0;
	put_way(s);
	put(s, path,
	    &(struct view_entry){ &(struct entry){ .type = ENTRY_WHITEOUT }, NULL });
	return 0;
}

static int
compare_changes(const void *a, const void *b)
{
	return path_compare(((const struct change *)a)->entry.path,
	                    ((const struct change *)b)->entry.path);
}

struct layer *
layers_squash(struct store *st, struct layer *const *layers, size_t n_base, size_t n,
              const struct layer_options *options, struct error *err)
{
	auto_view struct view *all = view_new(layers, n, err);
	auto_view struct view *base = n_base == 0 ? NULL : view_new(layers, n_base, err);
	auto_squash struct squash s = { .all = all,
		                        .added = layers + n_base,
		                        .n_added = n - n_base,
		                        .cancel = options->cancel,
		                        .arena = arena_new() };

	if (all == NULL || (n_base > 0 && base == NULL) ||
	    view_each(all, TEXT(""), see_all, &s, err) < 0)
		return NULL;
	s.way.n = 0;
	if (base != NULL && view_each(base, TEXT(""), see_base, &s, err) < 0)
		return NULL;
	array_sort(&s.changes, compare_changes);
	return layer_from_changes(st, s.changes.at, s.changes.n, options, err);
}
