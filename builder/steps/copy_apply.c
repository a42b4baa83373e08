#include "builder/steps/copy_apply.h"

#include "base/base.h"
#include "base/map.h"
#include "base/path.h"
#include "layers/layer.h"
#include "layers/view.h"

struct entry
copier_parent(const struct copier *c, bool chmod)
{
	struct chmod none = CHMOD_INIT;

	return (struct entry){ .type = ENTRY_DIR,
		               .mode = chmod_of_parents(chmod ? &c->chmod : &none),
		               .uid = c->has_owner ? c->uid : 0,
		               .gid = c->has_owner ? c->gid : 0,
		               .mtime = c->now };
}

void
copier_clear(struct copier *c)
{
	for (size_t i = 0; i < c->archives.n; i++)
		archive_close(c->archives.at[i]);
	for (size_t i = 0; i < c->fds.n; i++)
		close(c->fds.at[i]);
	array_clear(&c->archives);
	array_clear(&c->fds);
	chmod_clear(&c->chmod);
}

/* ------------------------------------------------------------ one match */

/* The recursive copy of one match. */
struct transfer {
	struct copier *copier;
	struct text root; /* of the match, in the source */
	struct buf to;    /* where the entry goes */
	size_t target;    /* length of TO for the match itself */
	size_t mark;      /* of dest_begin() */
	struct map
	        links; /* (layer, first name) → node, of files first met by a later name */
};

static void
transfer_clear(struct transfer *t)
{
	buf_clear(&t->to);
	map_clear(&t->links);
}

static void
set_target(struct transfer *t, struct text rel)
{
	buf_truncate(&t->to, t->target);
	if (rel.n == 0)
		return;
	if (t->to.n > 0)
		buf_add_char(&t->to, '/');
	buf_add_text(&t->to, rel);
}

/* Metadata of the copy of an entry. */
static struct entry
meta_of(const struct copier *c, const struct copy_item *item)
{
	struct entry e = item->entry;

	if (item->origin == NULL)
		e.mtime = c->now;
	if (e.type != ENTRY_SYMLINK)
		e.mode = chmod_apply(&c->chmod, e.mode, e.type == ENTRY_DIR);
	if (c->has_owner) {
		e.uid = c->uid;
		e.gid = c->gid;
	} else if (!c->keep_owner) {
		e.uid = e.gid = 0;
	}
	return e;
}

/* Merges the match into an existing target, which keeps its mode and owner, and gets the
 * source's time. The root of a context or stage gets the build's time, because it has
 * none of its own. */
static int
put_root(struct transfer *t, const struct copy_item *item, struct error *err)
{
	struct dest *d = t->copier->dest;
	struct text path = buf_text(&t->to);
	const struct entry *there = dest_find(d, path);
	struct entry e;

	if (there == NULL || there->type != ENTRY_DIR)
		return error_set(err, ERR_SOURCE, "cannot copy to non-directory: /%.*s",
		                 TEXT_ARG(path));
	e = *there;
	e.mtime = item->path.n > 0 && item->origin != NULL ? item->entry.mtime
	                                                   : t->copier->now;
	dest_put_dir(d, path, &e);
	return 0;
}

static int
put_dir(struct transfer *t, const struct copy_item *item, struct error *err)
{
	struct dest *d = t->copier->dest;
	struct text path = buf_text(&t->to);
	const struct entry *there = dest_find(d, path);
	struct entry e = meta_of(t->copier, item);

	if (there != NULL && there->type != ENTRY_DIR)
		return error_set(err, ERR_SOURCE, "cannot copy to non-directory: /%.*s",
		                 TEXT_ARG(path));
	/* An existing directory gets the mode only if it is an implied parent. */
	if (there != NULL && item->on_demand) {
		dest_chmod_dir(d, path, item->entry.mode);
		return 0;
	}
	if (item->on_demand)
		e.mtime = t->copier->now;
	dest_put_dir(d, path, &e);
	return 0;
}

/* ------------------------------------------------------------ hard links */

/* The bytes of a link's key in the map: the layer, then the first name. */
static void
link_key(const struct copy_item *item, struct text first, struct buf *key)
{
	buf_add(key, &item->layer, sizeof item->layer);
	buf_add_text(key, first);
}

/* The copy that this match made of the file whose first name is FIRST. */
static struct dest_node *
copied_before(struct transfer *t, const struct copy_item *item, struct text first,
              const struct entry *file)
{
	auto_buf struct buf path = BUF_INIT;
	auto_buf struct buf key = BUF_INIT;
	struct dest_node *node = NULL;

	link_key(item, first, &key);
	node = map_find(&t->links, buf_text(&key));
	if (node != NULL || !path_is_below(first, t->root))
		return node;
	buf_add(&path, t->to.p, t->target);
	if (first.n > t->root.n) {
		if (path.n > 0)
			buf_add_char(&path, '/');
		buf_add_text(&path, text_from(first, t->root.n > 0 ? t->root.n + 1 : 0));
	}
	return dest_find_put(t->copier->dest, buf_text(&path), file, t->mark);
}

/* Finds the file that a hard link in the source names. */
static const struct entry *
file_of(const struct copy_item *item, struct error *err)
{
	const struct tree *tree = NULL;
	const struct entry *file = NULL;

	if (item->entry.type != ENTRY_HARDLINK)
		return item->origin;
	tree = layer_tree(item->layer, err);
	file = tree == NULL ? NULL : tree_find(tree, item->entry.link);
	if (tree != NULL && file == NULL)
		error_set(err, ERR_DAMAGED, "%.*s: hard link to %.*s, which is not there",
		          TEXT_ARG(item->path), TEXT_ARG(item->entry.link));
	return file;
}

/* Handles a hard link, or a file that was met by another name before: 1 if linked, 0 if
 * not, -1. */
static int
put_link(struct transfer *t, const struct copy_item *item, const struct entry *file)
{
	struct dest_node *node = NULL;

	if (item->entry.type != ENTRY_HARDLINK && t->links.n == 0)
		return 0;
	node = copied_before(t, item, file->path, file);
	if (node == NULL)
		return 0;
	dest_link(t->copier->dest, buf_text(&t->to), node);
	return 1;
}

static int
put_other(struct transfer *t, const struct copy_item *item, struct error *err)
{
	struct dest *d = t->copier->dest;
	struct text path = buf_text(&t->to);
	const struct entry *there = dest_find(d, path);
	const struct entry *file = file_of(item, err);
	struct change change = { .entry = meta_of(t->copier, item) };
	struct dest_node *node = NULL;

	if (there != NULL && there->type == ENTRY_DIR)
		return error_set(err, ERR_SOURCE,
		                 "cannot replace to directory /%.*s with file",
		                 TEXT_ARG(path));
	if (file == NULL)
		return -1;
	if (put_link(t, item, file))
		return 0;
	if (file->type == ENTRY_FILE) {
		change.entry.type = ENTRY_FILE;
		change.entry.size = file->size;
		change.entry.capability = file->capability;
		change.entry.link = (struct text){ 0 };
		if (layer_content(item->layer, file, &change.content, err) < 0)
			return -1;
	}
	node = dest_put(d, path, &change, item->origin);
	if (item->entry.type == ENTRY_HARDLINK) {
		auto_buf struct buf key = BUF_INIT;

		link_key(item, file->path, &key);
		map_set(&t->links, buf_text(&key), node);
	}
	return 0;
}

static int
copy_item_put(void *arg, const struct copy_item *item, struct error *err)
{
	struct transfer *t = arg;

	if (cancel_check(t->copier->cancel, err) < 0)
		return -1;
	set_target(t, item->rel);
	if (item->entry.type != ENTRY_DIR)
		return put_other(t, item, err);
	return item->rel.n == 0 ? put_root(t, item, err) : put_dir(t, item, err);
}

/* ------------------------------------------------------------ targets */

/* The destination without leading and trailing "/". */
static struct text
inner(struct text dest, bool *is_dir)
{
	*is_dir = dest.n > 0 && dest.p[dest.n - 1] == '/';
	while (dest.n > 0 && dest.p[0] == '/')
		dest = text_from(dest, 1);
	while (dest.n > 0 && dest.p[dest.n - 1] == '/')
		dest = text_first(dest, dest.n - 1);
	return dest;
}

static int
make_dirs(struct copier *c, struct text path, struct error *err)
{
	struct entry like = copier_parent(c, true);

	return dest_make_dirs(c->dest, path, &like, err);
}

/* Makes the destination's parent directories, and resolves the destination. */
static int
resolve_target(struct copier *c, char **out, struct error *err)
{
	bool is_dir = false;
	struct text dest = inner(c->dest_path, &is_dir);
	auto_free char *above = NULL;

	if (dest_resolve(c->dest, is_dir ? dest : path_dir(dest), &above, err) < 0 ||
	    make_dirs(c, text_of(above), err) < 0)
		return -1;
	return dest_resolve(c->dest, dest, out, err);
}

int
copy_match_apply(struct copier *c, const struct opened_source *s, size_t i,
                 struct error *err)
{
	const struct match *m = &s->matches.list.at[i];
	__attribute__((cleanup(transfer_clear))) struct transfer t = {
		.copier = c,
		.root = text_of(m->path),
		.mark = dest_begin(c->dest),
	};
	auto_free char *target = NULL;
	const struct entry *there = NULL;
	struct view_entry from;
	bool is_dir = false;

	if (view_find(s->view, t.root, &from) != 1)
		return error_set(err, ERR_SOURCE, "\"/%s\": not found", m->name);
	is_dir = from.entry == NULL || from.entry->type == ENTRY_DIR;
	if (resolve_target(c, &target, err) < 0)
		return -1;
	buf_add_str(&t.to, target);
	there = dest_find(c->dest, buf_text(&t.to));
	if (!is_dir && there != NULL && there->type == ENTRY_DIR) {
		if (t.to.n > 0)
			buf_add_char(&t.to, '/');
		buf_add_text(&t.to, path_base(text_of(m->name)));
	}
	t.target = t.to.n;
	if (make_dirs(c,
	              is_dir && there == NULL ? buf_text(&t.to)
	                                      : path_dir(buf_text(&t.to)),
	              err) < 0)
		return -1;
	return opened_source_walk(s, i, copy_item_put, &t, err);
}
