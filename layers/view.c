#include "base/link_walk.h"
#include "layers/view_state.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/own.h"
#include "base/path.h"
#include "layers/content_reader.h"
#include "layers/layer.h"
#include "layers/tree_maker.h"

struct view *
view_new(struct layer *const *layers, size_t n, struct error *err)
{
	auto_view struct view *v = mem_new(sizeof *v);
	struct layer **copy = mem_new_n(n, sizeof(struct layer *));

	v->layers = copy;
	v->trees = mem_new_n(n, sizeof *v->trees);
	v->n = n;
	if (layers_make(layers, n, LAYER_TREE, NULL, err) < 0)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		copy[i] = layers[i];
		v->trees[i] = layer_tree(layers[i], err);
		if (v->trees[i] == NULL)
			return NULL;
	}
	return take(v);
}

void
view_free(struct view *v)
{
	if (v == NULL)
		return;
	free((void *)(uintptr_t)v->layers);
	free(v->trees);
	free(v);
}

const struct entry *
view_link_target(const struct tree *t, const struct entry *e)
{
	if (e->type != ENTRY_HARDLINK)
		return e;
	e = tree_find(t, e->link);
	return e != NULL && e->type != ENTRY_HARDLINK ? e : NULL;
}

/* ------------------------------------------------------------ one path */

/* What one layer says about a path. */
enum verdict {
	VERDICT_NOTHING, /* ask the next lower layer */
	VERDICT_IMPLIED, /* a directory without an entry; ask the next lower layer for one */
	VERDICT_ENTRY,  /* *OUT */
	VERDICT_HIDDEN, /* there is none, in no lower layer either */
};

/* *HIDES is set if what lower layers have at or below PATH does not show,
 * although this layer may have nothing there itself. */
static enum verdict
ask_layer(const struct tree *t, struct text path, const struct entry **out, bool *hides)
{
	size_t end = 0;

	*hides = false;
	/* From the root down, each time one component more. */
	for (;;) {
		struct text part = text_first(path, end);
		size_t i = tree_lower_bound(t, part);
		bool whole = end == path.n;
		const struct entry *e;

		if (i == t->n || !path_is_below(t->entries[i].path, part))
			return VERDICT_NOTHING;
		e = &t->entries[i];
		if (!text_equal(e->path, part)) {
			if (whole)
				return VERDICT_IMPLIED;
		} else if (whole) {
			*out = e;
			return e->type == ENTRY_WHITEOUT ? VERDICT_HIDDEN : VERDICT_ENTRY;
		} else if (e->type != ENTRY_DIR) {
			return VERDICT_HIDDEN;
		} else if (e->opaque) {
			*hides = true;
		}
		end += end > 0;
		while (end < path.n && path.p[end] != '/')
			end++;
	}
}

int
view_find(const struct view *v, struct text path, struct view_entry *out)
{
	bool implied = path.n == 0;

	for (size_t i = v->n; i > 0; i--) {
		const struct entry *e;
		bool hides;

		switch (ask_layer(v->trees[i - 1], path, &e, &hides)) {
		case VERDICT_ENTRY:
			/* Only a directory can be what an implied one stands for. */
			if (implied && e->type != ENTRY_DIR)
				break;
			*out = (struct view_entry){ e, v->layers[i - 1] };
			return 1;
		case VERDICT_IMPLIED:
			implied = true;
			if (!hides)
				continue;
			break;
		case VERDICT_NOTHING:
			if (!hides)
				continue;
			break;
		case VERDICT_HIDDEN:
			break;
		}
		break;
	}
	if (!implied)
		return 0;
	*out = (struct view_entry){ NULL, NULL };
	return 1;
}

/* ------------------------------------------------------------ links */

/* The text of the symbolic link at PATH, or an empty one if it is none. */
static struct text
link_at(const struct view *v, struct text path)
{
	struct view_entry found;
	const struct entry *e;

	if (view_find(v, path, &found) != 1 || found.entry == NULL)
		return (struct text){ 0 };
	e = found.entry;
	return e->type == ENTRY_SYMLINK ? e->link : (struct text){ 0 };
}

int
view_resolve(const struct view *v, struct text path, char **out, struct error *err)
{
	auto_link_walk struct link_walk w;
	struct text name;

	link_walk_start(&w, TEXT(""), path);
	while (link_walk_next(&w, &name)) {
		struct text target = link_at(v, buf_text(&w.done));

		if (target.n > 0 && !link_walk_follow(&w, target))
			return error_set(err, ERR_SOURCE, "/%s: too many links",
			                 buf_str(&w.done));
	}
	*out = buf_take(&w.done);
	return 0;
}

/* ------------------------------------------------------------ directories */

/* The part of one layer's tree that is strictly below a directory. */
struct range {
	size_t layer; /* index in the view */
	size_t at, end;
};

/* What is at and below one path: its entry, and the layers that have something
 * below it, topmost first. */
struct spot {
	bool exists;
	struct view_entry entry;
	struct range *ranges; /* room for all layers of the view */
	size_t n;
};

/* The component of the first entry of R that comes after the first SKIP bytes. */
static struct text
next_name(const struct view *v, const struct range *r, size_t skip)
{
	struct text rest = text_from(v->trees[r->layer]->entries[r->at].path, skip);

	return text_cut(&rest, '/');
}

/* Moves all ranges of DIR beyond child NAME, and works out what is there. */
static void
take_child(const struct view *v, struct spot *dir, size_t skip, struct text name,
           struct spot *child)
{
	bool hidden = false, implied = false, known = false;

	child->n = 0;
	for (size_t i = 0; i < dir->n; i++) {
		struct range *r = &dir->ranges[i];
		const struct tree *t = v->trees[r->layer];
		const struct entry *e;
		struct range below = { .layer = r->layer };
		struct text path;
		bool has_entry;

		if (r->at == r->end || !text_equal(next_name(v, r, skip), name))
			continue;
		e = &t->entries[r->at];
		path = text_first(e->path, skip + name.n);
		has_entry = text_equal(e->path, path);
		below.at = r->at + has_entry;
		below.end = r->at = tree_upper_bound(t, r->at, path);
		if (hidden)
			continue;
		if (has_entry) {
			hidden = e->type != ENTRY_DIR || e->opaque;
			if (e->type != ENTRY_DIR && (implied || known))
				continue;
			if (!known && e->type != ENTRY_WHITEOUT) {
				child->entry = (struct view_entry){ e,
					                            v->layers[r->layer] };
				known = true;
			}
		} else {
			implied = true;
		}
		if (below.at < below.end)
			child->ranges[child->n++] = below;
	}
	if (!known)
		child->entry = (struct view_entry){ NULL, NULL };
	child->exists = known || implied;
}

/* The smallest name that is next in any layer. */
static bool
smallest_name(const struct view *v, const struct spot *dir, size_t skip, struct text *out)
{
	bool found = false;

	for (size_t i = 0; i < dir->n; i++) {
		struct text name;

		if (dir->ranges[i].at == dir->ranges[i].end)
			continue;
		name = next_name(v, &dir->ranges[i], skip);
		if (!found || text_compare(name, *out) < 0)
			*out = name;
		found = true;
	}
	return found;
}

static void
spot_init(const struct view *v, struct spot *p)
{
	*p = (struct spot){ .ranges = mem_new_n(v->n, sizeof *p->ranges) };
}

static void
spot_clear(struct spot *p)
{
	free(p->ranges);
}
#define auto_spot __attribute__((cleanup(spot_clear)))

/* PATH itself: 1, 0 if it is not there. */
static int
go_to(const struct view *v, struct text path, struct spot *out)
{
	out->exists = view_find(v, path, &out->entry) == 1;
	out->n = 0;
	for (size_t i = v->n; out->exists && i > 0; i--) {
		const struct tree *t = v->trees[i - 1];
		struct range r = { .layer = i - 1 };
		const struct entry *e = NULL;
		bool hides;
		enum verdict verdict = ask_layer(t, path, &e, &hides);

		if (verdict == VERDICT_HIDDEN ||
		    (verdict == VERDICT_ENTRY && e->type != ENTRY_DIR))
			break;
		if (verdict != VERDICT_NOTHING) {
			r.at = tree_lower_bound(t, path);
			r.end = tree_upper_bound(t, r.at, path);
			r.at += verdict == VERDICT_ENTRY;
			if (r.at < r.end)
				out->ranges[out->n++] = r;
		}
		if (hides || (verdict == VERDICT_ENTRY && e->opaque))
			break;
	}
	return out->exists;
}

/* Bytes of a child's path before its name. */
static size_t
prefix_length(struct text dir)
{
	return dir.n == 0 ? 0 : dir.n + 1;
}

int
view_children(const struct view *v, struct text path, struct view_names *out)
{
	auto_spot struct spot dir = { 0 }, child = { 0 };
	struct text name;
	size_t skip = prefix_length(path);

	spot_init(v, &dir);
	spot_init(v, &child);
	if (!go_to(v, path, &dir))
		return 0;
	if (dir.entry.entry != NULL && dir.entry.entry->type != ENTRY_DIR)
		return 0;
	while (smallest_name(v, &dir, skip, &name)) {
		take_child(v, &dir, skip, name, &child);
		if (child.exists)
			array_push(&out->list, name);
	}
	return 1;
}

struct walk {
	const struct view *view;
	struct buf path;
	view_fn *fn;
	void *arg;
};

static int
walk(struct walk *w, struct spot *dir, struct error *err)
{
	auto_spot struct spot child = { 0 };
	size_t length = w->path.n, skip = prefix_length(buf_text(&w->path));
	struct text name;

	if (w->fn(w->arg, buf_text(&w->path), &dir->entry, err) < 0)
		return -1;
	if (dir->n == 0)
		return 0;
	spot_init(w->view, &child);
	while (smallest_name(w->view, dir, skip, &name)) {
		take_child(w->view, dir, skip, name, &child);
		if (!child.exists)
			continue;
		if (length > 0)
			buf_add_char(&w->path, '/');
		buf_add_text(&w->path, name);
		if (walk(w, &child, err) < 0)
			return -1;
		buf_truncate(&w->path, length);
	}
	return 0;
}

int
view_each(const struct view *v, struct text path, view_fn *fn, void *arg,
          struct error *err)
{
	struct walk w = { .view = v, .fn = fn, .arg = arg };
	auto_spot struct spot start = { 0 };
	int status;

	spot_init(v, &start);
	if (!go_to(v, path, &start))
		return 0;
	buf_add_text(&w.path, path);
	status = walk(&w, &start, err);
	buf_clear(&w.path);
	return status;
}

int
view_read(const struct view *v, struct text path, size_t max, struct buf *out,
          struct error *err)
{
	struct view_entry found;
	struct content content;

	if (view_find(v, path, &found) != 1 || found.entry == NULL)
		return 0;
	if (found.entry->type != ENTRY_FILE && found.entry->type != ENTRY_HARDLINK)
		return 0;
	if (layer_content(found.layer, found.entry, &content, err) < 0)
		return -1;
	return content_read(&content, max, out, err) < 0 ? -1 : 1;
}
