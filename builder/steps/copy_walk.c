#include "builder/steps/copy_walk.h"

#include "base/base.h"
#include "base/path.h"
#include "layers/view.h"

/* A directory on the way down to the entry looked at. */
struct level {
	char *rel;
	struct copy_item item; /* rel and path point into rel and path_owned */
	char *path;
	void *exclude_state, *include_state;
	bool emitted;
};

struct walker {
	const struct copy_walk *walk;
	struct ignore *include; /* NULL: everything */
	size_t exclude_size, include_size;
	ARRAY(struct level) levels;
	void *exclude_state, *include_state; /* of the entry looked at */
	char *pruned;                        /* nothing at or below is copied; or NULL */
};

static void
level_clear(struct level *l)
{
	free(l->rel);
	free(l->path);
	free(l->exclude_state);
	free(l->include_state);
}

static void
walker_clear(struct walker *w)
{
	for (size_t i = 0; i < w->levels.n; i++)
		level_clear(&w->levels.at[i]);
	array_clear(&w->levels);
	ignore_free(w->include);
	free(w->exclude_state);
	free(w->include_state);
	free(w->pruned);
}

/* The entry of an implied directory. */
static const struct entry implied = { .type = ENTRY_DIR, .mode = 0755 };

static struct copy_item
item_of(const struct view_entry *e, struct text path, struct text rel)
{
	return (struct copy_item){ .rel = rel,
		                   .path = path,
		                   .entry = e->entry != NULL ? *e->entry : implied,
		                   .origin = e->entry,
		                   .layer = e->layer };
}

static void
leave(struct walker *w, struct text rel)
{
	while (w->levels.n > 0) {
		struct level *top = &w->levels.at[w->levels.n - 1];

		if (path_is_below(rel, text_of(top->rel)))
			return;
		level_clear(top);
		w->levels.n--;
	}
}

static void *
copy_state(const void *state, size_t n)
{
	return state == NULL ? NULL : mem_copy_n(state, n);
}

static struct level *
enter(struct walker *w, const struct copy_item *item)
{
	struct level *l = array_add(&w->levels);

	l->rel = text_copy(item->rel);
	l->path = text_copy(item->path);
	l->item = *item;
	l->item.rel = text_of(l->rel);
	l->item.path = text_of(l->path);
	l->exclude_state = copy_state(w->exclude_state, w->exclude_size);
	l->include_state = copy_state(w->include_state, w->include_size);
	return l;
}

/* Whether the patterns select the entry; *PRUNE if nothing below it can be selected. */
static bool
is_taken(struct walker *w, struct text rel, bool *prune)
{
	const struct level *parent = w->levels.n > 0 ? &w->levels.at[w->levels.n - 1]
	                                             : NULL;
	bool taken = true;

	*prune = false;
	if (w->exclude_state != NULL &&
	    ignore_match(w->walk->excludes, rel,
	                 parent != NULL ? parent->exclude_state : NULL,
	                 w->exclude_state)) {
		taken = false;
		*prune = !ignore_may_reinclude(w->walk->excludes, rel);
	}
	if (w->include_state != NULL &&
	    !ignore_match(w->include, rel, parent != NULL ? parent->include_state : NULL,
	                  w->include_state))
		taken = false;
	return taken;
}

/* Visits the directories above that were waiting for a selected entry below them. */
static int
emit_parents(struct walker *w, struct error *err)
{
	for (size_t i = 0; i < w->levels.n; i++) {
		struct level *l = &w->levels.at[i];

		if (l->emitted)
			continue;
		l->emitted = true;
		l->item.on_demand = true;
		if (w->walk->fn(w->walk->arg, &l->item, err) < 0)
			return -1;
	}
	return 0;
}

static int
visit(struct walker *w, const struct copy_item *item, struct error *err)
{
	bool prune = false, taken = false;

	leave(w, item->rel);
	taken = is_taken(w, item->rel, &prune);
	if (prune) {
		free(w->pruned);
		w->pruned = text_copy(item->rel);
		return 0;
	}
	if (taken && emit_parents(w, err) < 0)
		return -1;
	if (item->entry.type == ENTRY_DIR)
		enter(w, item)->emitted = taken;
	return taken ? w->walk->fn(w->walk->arg, item, err) : 0;
}

/* PATH without the part down to the match. */
static struct text
below_root(const struct walker *w, struct text path)
{
	size_t n = w->walk->root.n;

	if (path.n <= n)
		return (struct text){ "", 0 };
	return text_from(path, n > 0 ? n + 1 : 0);
}

static int
visit_entry(void *arg, struct text path, const struct view_entry *e, struct error *err)
{
	struct walker *w = arg;
	struct copy_item item = item_of(e, path, below_root(w, path));

	if (item.rel.n == 0)
		return w->walk->fn(w->walk->arg, &item, err);
	if (w->pruned != NULL && path_is_below(item.rel, text_of(w->pruned)))
		return 0;
	return visit(w, &item, err);
}

/* ------------------------------------------------------------ --parents */

static bool
is_literal(struct text component)
{
	for (size_t i = 0; i < component.n; i++)
		if (strchr("*?[\\!", component.p[i]) != NULL)
			return false;
	return true;
}

/* Follows the fixed leading directories of the include pattern, so that the walk only
 * covers possible matches, from *START. 1, 0 if there is no such path. */
static int
descend(struct walker *w, struct buf *start)
{
	struct text rest = w->walk->include, component, next = rest;

	buf_add_text(start, w->walk->root);
	/* The last component is left to the walk. */
	while (path_next(&rest, &component) && rest.n > 0 && is_literal(component)) {
		struct view_entry e;
		struct copy_item item;
		bool prune = false;

		if (start->n > 0)
			buf_add_char(start, '/');
		buf_add_text(start, component);
		if (view_find(w->walk->view, buf_text(start), &e) != 1)
			return 0;
		item = item_of(&e, buf_text(start), below_root(w, buf_text(start)));
		if (item.entry.type != ENTRY_DIR)
			return 0;
		/* The walk must see an entry that already matches, or is excluded, as a
		 * whole. */
		if (is_taken(w, item.rel, &prune) || prune) {
			buf_truncate(start, start->n - component.n);
			if (start->n > 0)
				buf_truncate(start, start->n - 1);
			return 1;
		}
		enter(w, &item);
		next = rest;
	}
	/* The pattern is a literal path: only that entry and those below it. */
	if (path_next(&next, &component) && next.n == 0 && is_literal(component)) {
		struct view_entry e;

		if (start->n > 0)
			buf_add_char(start, '/');
		buf_add_text(start, component);
		return view_find(w->walk->view, buf_text(start), &e) == 1;
	}
	return 1;
}

static int
visit_below(void *arg, struct text path, const struct view_entry *e, struct error *err)
{
	struct walker *w = arg;
	struct text rel = below_root(w, path);

	/* The directory that the walk starts from is a level already. */
	if (rel.n == 0 ||
	    (w->levels.n > 0 && text_is(rel, w->levels.at[w->levels.n - 1].rel)))
		return 0;
	return visit_entry(arg, path, e, err);
}

static int
walk_include(struct walker *w, struct error *err)
{
	auto_buf struct buf start = BUF_INIT;

	w->include = ignore_new(&w->walk->include, 1, err);
	if (w->include == NULL)
		return -1;
	w->include_size = ignore_state_size(w->include);
	w->include_state = mem_new(w->include_size + 1);
	if (descend(w, &start) == 0)
		return 1;
	return view_each(w->walk->view, buf_text(&start), visit_below, w, err) < 0 ? -1
	                                                                           : 1;
}

int
copy_walk(const struct copy_walk *walk, struct error *err)
{
	__attribute__((cleanup(walker_clear))) struct walker w = { .walk = walk };
	struct view_entry root;

	if (view_find(walk->view, walk->root, &root) != 1)
		return 0;
	if (walk->excludes != NULL && !ignore_is_empty(walk->excludes)) {
		w.exclude_size = ignore_state_size(walk->excludes);
		w.exclude_state = mem_new(w.exclude_size + 1);
	}
	if (walk->include.p == NULL)
		return view_each(walk->view, walk->root, visit_entry, &w, err) < 0 ? -1
		                                                                   : 1;
	if (visit_entry(&w, walk->root, &root, err) < 0)
		return -1;
	/* The base is copied as it is, if it is a file. */
	if (walk->include.n == 0 || (root.entry != NULL && root.entry->type != ENTRY_DIR))
		return 1;
	return walk_include(&w, err);
}
