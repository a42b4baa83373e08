#include "layers/tree_maker.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/path.h"

struct tree_storage {
	struct arena *arena;
	struct entry *entries;
};

struct tree *
tree_new(struct entry *entries, size_t n, struct arena *arena)
{
	struct tree *t = mem_new(sizeof *t);
	struct tree_storage *s = mem_new(sizeof *s);

	s->arena = arena;
	s->entries = entries;
	t->entries = entries;
	t->n = n;
	t->storage = s;
	return t;
}

void
tree_free(struct tree *t)
{
	struct tree_storage *s;

	if (t == NULL)
		return;
	s = t->storage;
	arena_free(s->arena);
	free(s->entries);
	free(s);
	free(t);
}

size_t
tree_lower_bound(const struct tree *t, struct text path)
{
	size_t lo = 0, hi = t->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (path_compare(t->entries[mid].path, path) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

size_t
tree_upper_bound(const struct tree *t, size_t from, struct text path)
{
	size_t lo = from, hi = from, step = 1;

	/* What is below a path is contiguous and mostly small: gallop first. */
	while (hi < t->n && path_is_below(t->entries[hi].path, path)) {
		lo = hi + 1;
		hi = t->n - hi > step ? hi + step : t->n;
		step *= 2;
	}
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (path_is_below(t->entries[mid].path, path))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct entry *
tree_find(const struct tree *t, struct text path)
{
	size_t i = tree_lower_bound(t, path);

	if (i < t->n && text_equal(t->entries[i].path, path))
		return &t->entries[i];
	return NULL;
}

/* ------------------------------------------------------------ maker */

struct tree_maker {
	struct arena *arena;
	ARRAY(struct entry) added; /* in order of arrival */
	bool unsorted;             /* not strictly ascending, or with marks */
	bool has_links;
};

struct tree_maker *
tree_maker_new(void)
{
	struct tree_maker *m = mem_new(sizeof *m);

	m->arena = arena_new();
	return m;
}

void
tree_maker_free(struct tree_maker *m)
{
	if (m == NULL)
		return;
	arena_free(m->arena);
	array_clear(&m->added);
	free(m);
}

void
tree_maker_add(struct tree_maker *m, const struct entry *e)
{
	struct entry *own;

	if (m->added.n > 0 &&
	    path_compare(m->added.at[m->added.n - 1].path, e->path) >= 0)
		m->unsorted = true;
	m->has_links |= e->type == ENTRY_HARDLINK;
	own = array_add(&m->added);
	*own = *e;
	own->path = arena_text(m->arena, e->path);
	own->link = e->link.n > 0 ? arena_text(m->arena, e->link) : (struct text){ 0 };
	own->capability = e->capability.n > 0 ? arena_text(m->arena, e->capability)
	                                      : (struct text){ 0 };
}

/* By path, then in order of arrival: both live in the same array. */
static int
compare_arrival(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;
	int order = path_compare(x->path, y->path);

	if (order != 0)
		return order;
	return x < y ? -1 : x > y;
}

/* A path on the way down to the one looked at. */
struct level {
	struct text path;
	const struct entry *taken; /* last arrival that was no directory, or NULL */
	size_t at;                 /* its result's index, or SIZE_MAX */
};

struct merge {
	struct entry **sorted; /* compare_arrival() order */
	size_t n;
	struct entry *result;
	size_t n_result;
	ARRAY(struct level) levels;
};

/* What one path has become so far. */
struct state {
	const struct entry *real; /* NULL: none, or a directory only implied */
	bool white;               /* deleted below, and nothing here yet */
	bool opaque;              /* there is a directory, and it is */
};

/* Applies the next arrival, as unpack.c does. False if that is impossible. */
static bool
apply(struct state *s, const struct entry *e)
{
	bool has_dir = s->opaque || (s->real != NULL && s->real->type == ENTRY_DIR);

	if (e->type == ENTRY_WHITEOUT && e->opaque) {
		if (s->real != NULL && s->real->type != ENTRY_DIR)
			return false;
		s->opaque = true;
	} else if (e->type == ENTRY_WHITEOUT) {
		/* A whiteout concerns lower layers only; entries of this layer stay. */
		s->opaque |= has_dir;
		s->white |= s->real == NULL;
	} else if (e->type == ENTRY_DIR) {
		s->opaque |= s->white || e->opaque;
		s->real = e;
	} else {
		*s = (struct state){ .real = e };
	}
	return true;
}

/* True if a later non-directory above E's path removed it. */
static bool
is_gone(const struct merge *g, const struct entry *e)
{
	for (size_t k = 0; k < g->levels.n; k++)
		if (g->levels.at[k].taken != NULL && g->levels.at[k].taken > e)
			return true;
	return false;
}

/* Merges all arrivals for one path into one entry: 1, 0 if nothing is left, -1. */
static int
merge_group(const struct merge *g, size_t from, size_t to, struct entry *out,
            struct error *err)
{
	struct text path = g->sorted[from]->path;
	struct state s = { 0 };

	for (size_t i = from; i < to; i++)
		if (!is_gone(g, g->sorted[i]) && !apply(&s, g->sorted[i]))
			return error_set(err, ERR_DAMAGED,
			                 "%.*s: opaque, but not a directory",
			                 TEXT_ARG(path));
	if (s.real == NULL && !s.opaque && !s.white)
		return 0;
	if (s.real != NULL)
		*out = *s.real;
	else
		*out = (struct entry){ .path = path,
			               .type = s.opaque ? ENTRY_DIR : ENTRY_WHITEOUT,
			               .mode = s.opaque ? 0755 : 0 };
	out->opaque = s.opaque;
	return 1;
}

/* An entry below a whiteout makes it a directory; an entry below a file is refused. */
static int
check_above(struct merge *g, const struct entry *e, struct error *err)
{
	for (size_t k = 0; k < g->levels.n; k++) {
		struct level *level = &g->levels.at[k];
		struct entry *above;

		if (level->at == SIZE_MAX)
			continue;
		above = &g->result[level->at];
		if (above->type == ENTRY_WHITEOUT) {
			above->type = ENTRY_DIR;
			above->mode = 0755;
			above->opaque = true;
		}
		if (above->type != ENTRY_DIR)
			return error_set(err, ERR_DAMAGED,
			                 "%.*s: %.*s is not a directory",
			                 TEXT_ARG(e->path), TEXT_ARG(above->path));
	}
	return 0;
}

static int
merge_all(struct merge *g, struct error *err)
{
	size_t next;

	for (size_t i = 0; i < g->n; i = next) {
		struct text path = g->sorted[i]->path;
		struct level level = { .path = path, .at = SIZE_MAX };
		struct entry one;
		int status;

		while (g->levels.n > 0 &&
		       !path_is_below(path, g->levels.at[g->levels.n - 1].path))
			g->levels.n--;
		for (next = i; next < g->n && text_equal(g->sorted[next]->path, path);
		     next++)
			if (g->sorted[next]->type != ENTRY_WHITEOUT &&
			    g->sorted[next]->type != ENTRY_DIR)
				level.taken = g->sorted[next];
		status = merge_group(g, i, next, &one, err);
		if (status < 0 || (status == 1 && check_above(g, &one, err) < 0))
			return -1;
		if (status == 1) {
			level.at = g->n_result;
			g->result[g->n_result++] = one;
		}
		array_push(&g->levels, level);
	}
	return 0;
}

/* The last arrival at PATH before LINK did. */
static const struct entry *
link_target(const struct merge *g, const struct entry *link, struct text path)
{
	size_t lo = 0, hi = g->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = path_compare(g->sorted[mid]->path, path);

		if (order < 0 || (order == 0 && g->sorted[mid] < link))
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo > 0 && text_equal(g->sorted[lo - 1]->path, path)) {
		if (g->sorted[lo - 1]->type != ENTRY_WHITEOUT)
			return g->sorted[lo - 1];
		lo--;
	}
	return NULL;
}

static int
bad_link(const struct entry *e, struct error *err)
{
	return error_set(err, ERR_DAMAGED,
	                 "%.*s: hard link to %.*s, which is not in the layer",
	                 TEXT_ARG(e->path), TEXT_ARG(e->link));
}

/* Makes link OUT, which arrived as LINK, point to the first name of its file. If that
 * name is gone, or the target is not a regular file, OUT becomes a copy. */
static int
settle_link(const struct merge *g, const struct tree *t, const struct entry *link,
            struct entry *out, struct error *err)
{
	const struct entry *target = link, *now;

	/* Each step goes to an earlier arrival, so this ends. */
	while (target->type == ENTRY_HARDLINK) {
		target = link_target(g, target, target->link);
		if (target == NULL || target->type == ENTRY_DIR)
			return bad_link(link, err);
	}
	/* One inode has one owner, mode and time, whatever the link's header says. */
	out->mode = target->mode;
	out->uid = target->uid;
	out->gid = target->gid;
	out->mtime = target->mtime;
	out->capability = target->capability;
	now = tree_find(t, target->path);
	if (target->type == ENTRY_FILE && now != NULL && now->type == ENTRY_FILE &&
	    now->offset == target->offset && now->size == target->size) {
		out->link = now->path;
		out->size = out->offset = 0;
		return 0;
	}
	out->type = target->type;
	out->size = target->size;
	out->offset = target->offset;
	out->link = target->link;
	out->dev_major = target->dev_major;
	out->dev_minor = target->dev_minor;
	return 0;
}

/* The arrival that became E. */
static const struct entry *
growing_blob_of(const struct merge *g, const struct entry *e)
{
	struct entry last = { .path = e->path };
	const struct entry *found = NULL;
	size_t lo = 0, hi = g->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (path_compare(g->sorted[mid]->path, last.path) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < g->n && text_equal(g->sorted[lo]->path, e->path); lo++)
		if (g->sorted[lo]->type != ENTRY_WHITEOUT)
			found = g->sorted[lo];
	return found;
}

/* Gives the content to the first name of each file in the order of the tree, so that
 * writing the entries in order never writes a link before its target. */
static void
order_links(struct tree *t, struct entry *entries)
{
	for (size_t i = 0; i < t->n; i++) {
		struct entry *e = &entries[i], *first;

		if (e->type != ENTRY_HARDLINK)
			continue;
		first = &entries[tree_lower_bound(t, e->link)];
		if (first->type == ENTRY_HARDLINK) {
			e->link = first->link;
		} else if (first > e) {
			e->type = ENTRY_FILE;
			e->size = first->size;
			e->offset = first->offset;
			e->link = (struct text){ 0 };
			first->type = ENTRY_HARDLINK;
			first->size = first->offset = 0;
			first->link = e->path;
		}
	}
}

static int
settle_links(const struct merge *g, struct error *err)
{
	struct tree view = { .entries = g->result, .n = g->n_result };

	for (size_t i = 0; i < g->n_result; i++) {
		struct entry *e = &g->result[i];

		if (e->type == ENTRY_HARDLINK &&
		    settle_link(g, &view, growing_blob_of(g, e), e, err) < 0)
			return -1;
	}
	order_links(&view, g->result);
	return 0;
}

static int
merge_run(struct tree_maker *m, struct merge *g, struct error *err)
{
	g->n = m->added.n;
	g->sorted = mem_new_n(g->n, sizeof *g->sorted);
	/* In order and without links an entry's result is never after the entry. */
	if (m->unsorted || m->has_links)
		g->result = mem_new_n(g->n, sizeof *g->result);
	else
		g->result = take(m->added.at);
	for (size_t i = 0; i < g->n; i++)
		g->sorted[i] = m->added.at != NULL ? &m->added.at[i] : &g->result[i];
	if (m->unsorted)
		qsort(g->sorted, g->n, sizeof(struct entry *), compare_arrival);
	if (merge_all(g, err) < 0)
		return -1;
	return m->has_links ? settle_links(g, err) : 0;
}

struct tree *
tree_maker_end(struct tree_maker *taken, struct error *err)
{
	auto_tree_maker struct tree_maker *m = taken;
	struct merge g = { 0 };
	struct tree *t = NULL;

	if (merge_run(m, &g, err) == 0)
		t = tree_new(take(g.result), g.n_result, take(m->arena));
	free(g.sorted);
	free(g.result);
	array_clear(&g.levels);
	return t;
}
