#include "builder/steps/copy_dest.h"

#include "base/base.h"
#include "base/link_walk.h"
#include "base/path.h"
#include "builder/steps/dest_nodes.h"
#include "layers/view.h"

struct dest {
	const struct view *base;
	struct dest_nodes nodes;
	int64_t now;
	uint32_t serial;
	uint32_t begun;     /* serial at dest_begin() */
	struct text parent; /* asked for last in base_shows_in(); p NULL: none */
	bool parent_shows;
	struct dest_node *dir; /* asked for last in find_dir(), or NULL */
	struct entry implied;  /* an implied directory of the base */
	struct change found;   /* of dest_find() */
};

struct dest *
dest_new(const struct view *base, int64_t now)
{
	struct dest *d = mem_new(sizeof *d);

	d->base = base;
	d->nodes.arena = arena_new();
	d->now = now;
	d->implied = (struct entry){ .type = ENTRY_DIR, .mode = 0755, .mtime = now };
	return d;
}

void
dest_free(struct dest *d)
{
	if (d == NULL)
		return;
	dest_nodes_clear(&d->nodes);
	free(d);
}

/* ------------------------------------------------------------ looking */

/* True if the base's entries in directory DIR show. Only a removal can change the answer
 * for a directory; no other change hides entries. */
static bool
base_shows_in(struct dest *d, struct text dir)
{
	const struct dest_node *n = NULL;
	struct text up = dir;

	if (d->parent.p != NULL && text_equal(d->parent, dir))
		return d->parent_shows;
	while ((n = dest_nodes_find(&d->nodes, up)) == NULL && up.n > 0)
		up = path_dir(up);
	d->parent = n != NULL && up.n == dir.n ? dest_node_path(n)
	                                       : arena_text(d->nodes.arena, dir);
	d->parent_shows = n == NULL || n->base_below;
	return d->parent_shows;
}

static const struct entry *
find_in_base(struct dest *d, struct text path)
{
	struct view_entry e;

	if (path.n > 0 && !base_shows_in(d, path_dir(path)))
		return NULL;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): D is never NULL */
	if (view_find(d->base, path, &e) != 1)
		return NULL;
	return e.entry != NULL ? e.entry : &d->implied;
}

const struct entry *
dest_find(struct dest *d, struct text path)
{
	struct dest_node *n = dest_nodes_find(&d->nodes, path);

	if (n == NULL)
		return find_in_base(d, path);
	if (n->gone)
		return NULL;
	dest_body_get(dest_node_body(n), &d->found);
	return &d->found.entry;
}

/* PATH is relative, or as the user wrote it. */
static int
refuse(struct text path, const char *why, struct error *err)
{
	while (text_starts(path, "/"))
		path = text_from(path, 1);
	return error_set(err, ERR_SOURCE, "/%.*s: %s", TEXT_ARG(path), why);
}

/* Resolves PATH below directory TOP, confined to it. Unless MAY_DANGLE, the target of a
 * link must exist. */
static int
resolve(struct dest *d, struct text top, struct text path, bool may_dangle, char **out,
        struct error *err)
{
	auto_link_walk struct link_walk w;
	struct text name;

	link_walk_start(&w, top, path);
	while (link_walk_next(&w, &name)) {
		const struct entry *e = dest_find(d, buf_text(&w.done));

		if (e == NULL && !may_dangle && link_walk_is_in_link(&w))
			return refuse(path, "a link leads to nothing", err);
		if (e == NULL || e->type != ENTRY_SYMLINK || e->link.n == 0)
			continue;
		if (!link_walk_follow(&w, e->link))
			return refuse(path, "too many links", err);
	}
	*out = buf_take(&w.done);
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
	struct dest_node *n = dest_nodes_find(&d->nodes, path);

	return n != NULL ? n : dest_nodes_add(&d->nodes, path);
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
	struct change c = { .entry = d->implied };
	struct view_entry e;

	if (view_find(d->base, path, &e) == 1 && e.entry != NULL)
		c.entry = *e.entry;
	c.entry.opaque = false;
	dest_body_set(&d->nodes, &n->body, &c);
	n->base_below = true;
	return n;
}

/* The node at the directory DIR, or NULL. Files come in one directory after the other. */
static struct dest_node *
find_dir(struct dest *d, struct text dir)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): D is never NULL */
	if (d->dir == NULL || !text_equal(dest_node_path(d->dir), dir))
		d->dir = dest_nodes_find(&d->nodes, dir);
	return d->dir;
}

/* Notes that PATH was added to its directory, which changes the directory's time. */
static void
touch_parent(struct dest *d, struct text path)
{
	struct text dir = path_dir(path);
	struct dest_node *n = NULL;

	if (dir.n == 0)
		return;
	n = find_dir(d, dir);
	if (n == NULL)
		n = bring_dir(d, dir);
	if (!n->timed || n->body.serial <= d->begun)
		n->body.mtime = d->now;
}

/* CHANGE is now at node N. */
static void
fill(struct dest *d, struct dest_node *n, const struct change *change, const void *origin)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): D is never NULL */
	if (d->serial == UINT32_MAX)
		mem_die("too many files");
	dest_body_set(&d->nodes, &n->body, change);
	n->body.serial = ++d->serial;
	n->is_shared = false;
	n->origin = origin;
	n->gone = false;
}

static void
put_dir(struct dest *d, struct text path, const struct entry *meta, bool timed)
{
	struct dest_node *n = dest_nodes_find(&d->nodes, path);
	bool stays = n != NULL && !n->gone && n->body.type == ENTRY_DIR;
	bool in_base = is_base_dir(d, path);
	struct change c = { .entry = *meta };

	c.entry.type = ENTRY_DIR;
	c.entry.size = 0;
	c.entry.link = (struct text){ 0 };
	c.entry.opaque = stays && n->body.opaque;

	if (!stays && !(n == NULL && in_base))
		touch_parent(d, path);
	if (n == NULL) {
		n = node_at(d, path);
		n->base_below = in_base;
	} else if (!stays) {
		/* Something else took the directory's place: its entries are gone. */
		n->base_below = false;
		c.entry.opaque = in_base;
	}
	fill(d, n, &c, NULL);
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
	struct dest_node *n = dest_nodes_find(&d->nodes, path);

	if (n == NULL)
		n = bring_dir(d, path);
	n->body.mode = mode & 07777U;
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
			                 TEXT_ARG(level));
	}
	return 0;
}

static struct dest_node *
put(struct dest *d, struct text path, const struct change *change, const void *origin)
{
	struct dest_node *n = node_at(d, path);

	fill(d, n, change, origin);
	n->body.opaque = false;
	n->base_below = false;
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
	struct dest_shared *shared = NULL;

	if (file->is_shared)
		return;
	shared = arena_alloc(d->nodes.arena, sizeof *shared);
	*shared = (struct dest_shared){ .body = file->body,
		                        .file = file,
		                        .origin = file->origin };
	file->is_shared = true;
	file->shared = shared;
}

void
dest_link(struct dest *d, struct text path, struct dest_node *file)
{
	struct dest_node *n = NULL;
	struct change change;

	share(d, file);
	dest_body_get(&file->shared->body, &change);
	n = dest_put(d, path, &change, NULL);
	n->is_shared = true;
	n->shared = file->shared;
}

struct dest_node *
dest_find_put(struct dest *d, struct text path, const void *origin, size_t mark)
{
	struct dest_node *n = dest_nodes_find(&d->nodes, path);

	if (n == NULL || n->gone || dest_node_origin(n) != origin ||
	    n->body.serial <= mark)
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
	struct dest_node *n = dest_nodes_find(&d->nodes, path);
	const struct entry *e = dest_find(d, path);
	struct change change = { 0 };
	struct view_entry found;

	if (e == NULL || (e->type != ENTRY_FILE && e->type != ENTRY_HARDLINK)) {
		error_set(err, ERR_SOURCE, "/%.*s: no file to link to", TEXT_ARG(path));
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
	struct dest_body *b = dest_node_body(file);

	b->mode = meta->mode & 07777U;
	b->uid = meta->uid;
	b->gid = meta->gid;
	b->mtime = meta->mtime;
}

void
dest_remove(struct dest *d, struct text path)
{
	struct dest_node *top = node_at(d, path);

	for (size_t i = 0; i < d->nodes.list.n; i++) {
		struct dest_node *n = d->nodes.list.at[i];

		if (n != top && !path_is_below(dest_node_path(n), path))
			continue;
		n->gone = true;
		n->base_below = false;
		n->is_shared = false;
		n->origin = NULL;
		n->body = (struct dest_body){ 0 };
	}
	d->parent.p = NULL;
}

/* ------------------------------------------------------------ finishing */

/* Directories of the base above a change are added to the layer unchanged. */
static void
add_parents(struct dest *d, struct text path)
{
	for (;;) {
		path = path_dir(path);
		if (path.n == 0 || dest_nodes_find(&d->nodes, path) != NULL)
			return;
		bring_dir(d, path);
	}
}

static int
compare_nodes(const void *a, const void *b)
{
	const struct dest_node *const *x = a, *const *y = b;

	return path_compare(dest_node_path(*x), dest_node_path(*y));
}

/* Removes paths without an entry in a layer from the list: those that are gone, and the
 * root. */
static void
keep_changes(struct dest *d)
{
	struct dest_nodes *all = &d->nodes;
	size_t n = 0;
	bool in_order = true;

	for (size_t i = 0; i < all->list.n; i++) {
		struct dest_node *node = all->list.at[i];

		if (node->gone || node->path_n == 0)
			continue;
		if (n > 0 && compare_nodes(&all->list.at[n - 1], &node) >= 0)
			in_order = false;
		all->list.at[n++] = node;
	}
	all->list.n = n;
	if (!in_order)
		array_sort(&all->list, compare_nodes);
}

static void
get_change(const void *arg, size_t i, struct change *out)
{
	const struct dest *d = arg;
	struct dest_node *n = d->nodes.list.at[i];

	dest_body_get(dest_node_body(n), out);
	out->entry.path = dest_node_path(n);
	if (!n->is_shared || n->shared->first == n)
		return;
	out->entry.type = ENTRY_HARDLINK;
	out->entry.link = dest_node_path(n->shared->first);
	out->entry.size = 0;
	out->content = (struct content){ 0 };
}

struct change_list
dest_finish(struct dest *d)
{
	/* The list grows while parents are added. */
	for (size_t i = 0; i < d->nodes.list.n; i++)
		if (!d->nodes.list.at[i]->gone)
			add_parents(d, dest_node_path(d->nodes.list.at[i]));
	keep_changes(d);
	for (size_t i = 0; i < d->nodes.list.n; i++) {
		const struct dest_node *n = d->nodes.list.at[i];

		if (n->is_shared && n->shared->first == NULL)
			n->shared->first = n;
	}
	/* From here on, the list is in the layer's order, so no path can be looked up any
	 * more. */
	free(take(d->nodes.slots));
	d->nodes.n_slots = 0;
	return (struct change_list){ .n = d->nodes.list.n, .get = get_change, .arg = d };
}
