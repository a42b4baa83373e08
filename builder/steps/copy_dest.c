#include "builder/steps/copy_dest.h"

#include "base/base.h"
#include "base/map.h"
#include "base/path.h"

#define LINKS_MAX 255

/* The file that several names share; the first name in path order carries it. */
struct shared {
	struct change change;
	const struct dest_node *first; /* while finishing */
};

struct dest_node {
	struct text path;
	struct change change;  /* entry.path is not set */
	struct shared *shared; /* a file with several names, or NULL */
	const void *origin;
	size_t serial;   /* order of being put */
	bool gone;       /* removed, and nothing of the base shows either */
	bool base_below; /* a directory: the base's content shows in it */
	bool timed;      /* a directory whose time is set after what is in it */
};

struct dest {
	const struct view *base;
	struct map nodes; /* path → dest_node */
	struct arena *arena;
	int64_t now;
	size_t serial;
	size_t begun;       /* serial at dest_begin() */
	struct text parent; /* asked for last in base_shows_in(); p NULL: none */
	bool parent_shows;
	struct entry found; /* an implied directory of the base */
};

struct dest *
dest_new(const struct view *base, int64_t now)
{
	struct dest *d = mem_new(sizeof *d);

	d->base = base;
	d->arena = arena_new();
	d->now = now;
	d->found = (struct entry){ .type = ENTRY_DIR, .mode = 0755, .mtime = now };
	return d;
}

void
dest_free(struct dest *d)
{
	if (d == NULL)
		return;
	map_clear(&d->nodes);
	arena_free(d->arena);
	free(d);
}

/* ------------------------------------------------------------ looking */

/* True if what the base has directly in directory DIR shows. Only a removal can
 * change the answer for a directory: others never take away what shows. */
static bool
base_shows_in(struct dest *d, struct text dir)
{
	const struct dest_node *n = NULL;
	struct text up = dir;

	if (d->parent.p != NULL && text_equal(d->parent, dir))
		return d->parent_shows;
	while ((n = map_find(&d->nodes, up)) == NULL && up.n > 0)
		up = path_dir(up);
	d->parent = n != NULL && up.n == dir.n ? n->path : arena_text(d->arena, dir);
	d->parent_shows = n == NULL || n->base_below;
	return d->parent_shows;
}

static const struct entry *
find_in_base(struct dest *d, struct text path)
{
	struct view_entry e;

	if (path.n > 0 && !base_shows_in(d, path_dir(path)))
		return NULL;
	if (view_find(d->base, path, &e) != 1)
		return NULL;
	return e.entry != NULL ? e.entry : &d->found;
}

const struct entry *
dest_find(struct dest *d, struct text path)
{
	const struct dest_node *n = map_find(&d->nodes, path);

	if (n != NULL)
		return n->gone ? NULL : &n->change.entry;
	return find_in_base(d, path);
}

/* A path on its way to what it leads to. */
struct resolving {
	struct buf done;  /* resolved: the confining directory and what is below it */
	size_t top;       /* length of the confining directory */
	struct buf rest;  /* that LEFT is a view of */
	struct text left; /* still to do */
	size_t own; /* bytes of LEFT that are the path's own: the rest came of links */
};

static void
resolving_clear(struct resolving *r)
{
	buf_clear(&r->done);
	buf_clear(&r->rest);
}

static void
step_up(struct resolving *r)
{
	struct text up = path_dir(buf_text(&r->done));

	buf_truncate(&r->done, up.n > r->top ? up.n : r->top);
}

/* Puts the text of the link at DONE in place of its last component. */
static void
follow(struct resolving *r, struct text link)
{
	auto_buf struct buf next = BUF_INIT;

	if (r->left.n < r->own)
		r->own = r->left.n;
	buf_add_text(&next, link);
	buf_add_char(&next, '/');
	buf_add_text(&next, r->left);
	if (link.p[0] == '/')
		buf_truncate(&r->done, r->top);
	else
		step_up(r);
	buf_truncate(&r->rest, 0);
	buf_add_text(&r->rest, buf_text(&next));
	r->left = buf_text(&r->rest);
}

/* Resolves PATH below directory TOP, which nothing leads out of. Unless MAY_DANGLE is
 * true, what a link leads to must be there. */
static int
resolve(struct dest *d, struct text top, struct text path, bool may_dangle, char **out,
        struct error *err)
{
	__attribute__((cleanup(resolving_clear))) struct resolving r = { .top = top.n,
		                                                         .own = path.n };
	struct text name;
	int links = 0;

	buf_add_text(&r.done, top);
	buf_add_text(&r.rest, path);
	r.left = buf_text(&r.rest);
	while (path_next(&r.left, &name)) {
		const struct entry *e = NULL;

		if (text_is(name, "."))
			continue;
		if (text_is(name, "..")) {
			step_up(&r);
			continue;
		}
		if (r.done.n > 0)
			buf_add_char(&r.done, '/');
		buf_add_text(&r.done, name);
		e = dest_find(d, buf_text(&r.done));
		if (e == NULL && !may_dangle && links > 0 && r.left.n >= r.own)
			return error_set(err, ERR_SOURCE,
			                 "/%.*s: a link leads to nothing", (int)path.n,
			                 path.p);
		if (e == NULL || e->type != ENTRY_SYMLINK || e->link.n == 0)
			continue;
		if (links++ == LINKS_MAX)
			return error_set(err, ERR_SOURCE, "/%.*s: too many links",
			                 (int)path.n, path.p);
		follow(&r, e->link);
	}
	*out = buf_take(&r.done);
	return 0;
}

int
dest_resolve(struct dest *d, struct text path, char **out, struct error *err)
{
	return resolve(d, (struct text){ "", 0 }, path, true, out, err);
}

int
dest_resolve_below(struct dest *d, struct text top, struct text path, char **out,
                   struct error *err)
{
	return resolve(d, top, path, false, out, err);
}

/* ------------------------------------------------------------ changing */

static struct dest_node *
node_at(struct dest *d, struct text path)
{
	struct dest_node *n = map_find(&d->nodes, path);

	if (n != NULL)
		return n;
	n = arena_alloc(d->arena, sizeof *n);
	n->path = arena_text(d->arena, path);
	map_set(&d->nodes, n->path, n);
	return n;
}

static bool
is_base_dir(struct dest *d, struct text path)
{
	const struct entry *e = find_in_base(d, path);

	return e != NULL && e->type == ENTRY_DIR;
}

/* The node of a directory that the base has and nothing changed yet. */
static struct dest_node *
bring_dir(struct dest *d, struct text path)
{
	struct dest_node *n = node_at(d, path);
	struct view_entry e;

	n->change.entry = d->found;
	if (view_find(d->base, path, &e) == 1 && e.entry != NULL)
		n->change.entry = *e.entry;
	n->change.entry.opaque = false;
	n->base_below = true;
	return n;
}

/* A name came into the directory that PATH is in. */
static void
touch_parent(struct dest *d, struct text path)
{
	struct text dir = path_dir(path);
	struct dest_node *n = NULL;

	if (dir.n == 0)
		return;
	n = map_find(&d->nodes, dir);
	if (n == NULL)
		n = bring_dir(d, dir);
	if (!n->timed || n->serial <= d->begun)
		n->change.entry.mtime = d->now;
}

static void
put_dir(struct dest *d, struct text path, const struct entry *meta, bool timed)
{
	struct dest_node *n = map_find(&d->nodes, path);
	bool stays = n != NULL && !n->gone && n->change.entry.type == ENTRY_DIR;
	bool in_base = is_base_dir(d, path);
	bool opaque = stays && n->change.entry.opaque;

	if (!stays && !(n == NULL && in_base))
		touch_parent(d, path);
	if (n == NULL) {
		n = node_at(d, path);
		n->base_below = in_base;
	} else if (!stays) {
		/* Something else took its place meanwhile: what was there is gone. */
		n->base_below = false;
		opaque = in_base;
	}
	n->change = (struct change){ .entry = *meta };
	n->change.entry.type = ENTRY_DIR;
	n->change.entry.size = 0;
	n->change.entry.link = (struct text){ 0 };
	n->change.entry.opaque = opaque;
	n->shared = NULL;
	n->origin = NULL;
	n->serial = ++d->serial;
	n->gone = false;
	n->timed = timed;
}

void
dest_put_dir(struct dest *d, struct text path, const struct entry *meta)
{
	put_dir(d, path, meta, true);
}

void
dest_chmod_dir(struct dest *d, struct text path, uint16_t mode)
{
	struct dest_node *n = map_find(&d->nodes, path);

	if (n == NULL)
		n = bring_dir(d, path);
	n->change.entry.mode = mode;
}

int
dest_make_dirs(struct dest *d, struct text path, const struct entry *like,
               struct error *err)
{
	size_t end = 0;

	while (end < path.n) {
		struct text level;
		const struct entry *e = NULL;

		end += end > 0;
		while (end < path.n && path.p[end] != '/')
			end++;
		level = text_first(path, end);
		e = dest_find(d, level);
		if (e == NULL)
			put_dir(d, level, like, false);
		else if (e->type != ENTRY_DIR)
			return error_set(err, ERR_SOURCE, "mkdir /%.*s: not a directory",
			                 (int)level.n, level.p);
	}
	return 0;
}

static struct dest_node *
put(struct dest *d, struct text path, const struct change *change, const void *origin)
{
	struct dest_node *n = node_at(d, path);

	n->change = *change;
	n->change.entry.opaque = false;
	n->shared = NULL;
	n->origin = origin;
	n->base_below = false;
	n->serial = ++d->serial;
	n->gone = false;
	return n;
}

struct dest_node *
dest_put(struct dest *d, struct text path, const struct change *change,
         const void *origin)
{
	touch_parent(d, path);
	return put(d, path, change, origin);
}

static void
share(struct dest *d, struct dest_node *file)
{
	if (file->shared != NULL)
		return;
	file->shared = arena_alloc(d->arena, sizeof *file->shared);
	file->shared->change = file->change;
}

void
dest_link(struct dest *d, struct text path, struct dest_node *file)
{
	struct dest_node *n = NULL;

	share(d, file);
	n = dest_put(d, path, &file->shared->change, NULL);
	n->shared = file->shared;
}

struct dest_node *
dest_find_put(struct dest *d, struct text path, const void *origin, size_t mark)
{
	struct dest_node *n = map_find(&d->nodes, path);

	if (n == NULL || n->gone || n->origin != origin || n->serial <= mark)
		return NULL;
	return n;
}

size_t
dest_begin(struct dest *d)
{
	d->begun = d->serial;
	return d->begun;
}

struct dest_node *
dest_get_file(struct dest *d, struct text path, struct error *err)
{
	struct dest_node *n = map_find(&d->nodes, path);
	const struct entry *e = dest_find(d, path);
	struct change change = { 0 };
	struct view_entry found;

	if (e == NULL || (e->type != ENTRY_FILE && e->type != ENTRY_HARDLINK)) {
		error_set(err, ERR_SOURCE, "/%.*s: no file to link to", (int)path.n,
		          path.p);
		return NULL;
	}
	if (n != NULL)
		return n;
	change.entry = *e;
	change.entry.type = ENTRY_FILE;
	if (view_find(d->base, path, &found) != 1 ||
	    layer_content(found.layer, found.entry, &change.content, err) < 0)
		return NULL;
	change.entry.size = change.content.kind == CONTENT_MEMORY
	                            ? change.content.memory.n
	                            : change.content.size;
	return put(d, path, &change, NULL);
}

void
dest_set_meta(struct dest_node *file, const struct entry *meta)
{
	struct entry *e = file->shared != NULL ? &file->shared->change.entry
	                                       : &file->change.entry;

	e->mode = meta->mode;
	e->uid = meta->uid;
	e->gid = meta->gid;
	e->mtime = meta->mtime;
}

void
dest_remove(struct dest *d, struct text path)
{
	struct dest_node *top = node_at(d, path);

	for (size_t i = 0; i < d->nodes.n; i++) {
		struct dest_node *n = d->nodes.items[i].value;

		if (n != top && !path_is_below(n->path, path))
			continue;
		n->gone = true;
		n->base_below = false;
		n->shared = NULL;
		n->change = (struct change){ 0 };
	}
	d->parent.p = NULL;
}

/* ------------------------------------------------------------ finishing */

/* Directories of the base above a change are part of the layer as they are. */
static void
add_parents(struct dest *d, struct text path)
{
	for (;;) {
		path = path_dir(path);
		if (path.n == 0 || map_has(&d->nodes, path))
			return;
		bring_dir(d, path);
	}
}

static int
compare_nodes(const void *a, const void *b)
{
	const struct dest_node *const *x = a, *const *y = b;

	return path_compare((*x)->path, (*y)->path);
}

static void
emit(struct dest_node *n, struct dest_changes *out)
{
	struct change *c = array_add(&out->list);

	*c = n->change;
	if (n->shared != NULL) {
		*c = n->shared->change;
		if (n->shared->first == NULL) {
			n->shared->first = n;
		} else {
			c->entry.type = ENTRY_HARDLINK;
			c->entry.link = n->shared->first->path;
			c->entry.size = 0;
			c->content = (struct content){ 0 };
		}
	}
	c->entry.path = n->path;
	c->entry.offset = 0;
}

void
dest_finish(struct dest *d, struct dest_changes *out)
{
	ARRAY(struct dest_node *) sorted = { 0 };
	bool in_order = true;

	/* The map grows while parents are added. */
	for (size_t i = 0; i < d->nodes.n; i++) {
		struct dest_node *n = d->nodes.items[i].value;

		if (!n->gone)
			add_parents(d, n->path);
	}
	for (size_t i = 0; i < d->nodes.n; i++) {
		struct dest_node *n = d->nodes.items[i].value;

		/* The root has no entry in a layer. */
		if (n->gone || n->path.n == 0)
			continue;
		if (sorted.n > 0 &&
		    path_compare(sorted.at[sorted.n - 1]->path, n->path) >= 0)
			in_order = false;
		array_push(&sorted, n);
	}
	if (!in_order)
		array_sort(&sorted, compare_nodes);
	for (size_t i = 0; i < sorted.n; i++)
		emit(sorted.at[i], out);
	array_clear(&sorted);
}
