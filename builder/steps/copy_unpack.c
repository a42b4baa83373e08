#include "base/base.h"
#include "base/event.h"
#include "base/path.h"
#include "builder/steps/copy_apply.h"
#include "layers/view.h"

#define WHITEOUT_PREFIX ".wh."

/* The unpacking of one archive. */
struct unpacking {
	struct copier *copier;
	const struct archive_index *archive;
	char *root; /* where it goes: relative, resolved */
};

/* Opens the file that match I leads to: 1 and *ARCHIVE, 0 it is no archive, -1. The
 * copier keeps both until the layer is made. */
static int
open_archive(struct copier *c, const struct opened_source *s, size_t i,
             struct archive_index **archive, struct error *err)
{
	struct view_entry e;
	struct content content;
	const struct archive_options options = { c->unpack_max, c->cancel };
	auto_fd int fd = -1;
	uint64_t size = 0;
	int found = 0;

	if (view_find(s->view, text_of(s->matches.list.at[i].path), &e) != 1 ||
	    e.entry == NULL ||
	    (e.entry->type != ENTRY_FILE && e.entry->type != ENTRY_HARDLINK))
		return 0;
	if (layer_content(e.layer, e.entry, &content, err) < 0)
		return -1;
	if (content.kind == CONTENT_NONE)
		return 0;
	fd = content_open(&content, &size, err);
	if (fd < 0)
		return -1;
	found = archive_open(c->store, fd, &options, archive, err);
	if (found <= 0)
		return found;
	array_push(&c->archives, *archive);
	array_push(&c->fds, take_fd(&fd));
	return 1;
}

static char *
below(const char *dir, struct text name)
{
	return mem_print("%s%s%.*s", dir, *dir != '\0' ? "/" : "", TEXT_ARG(name));
}

/* Resolves PATH of the archive: links in its directories are followed, as if the
 * destination were the root. */
static int
resolve(struct unpacking *u, struct text path, char **above, char **out,
        struct error *err)
{
	if (dest_resolve_below(u->copier->dest, text_of(u->root), path_dir(path), above,
	                       err) < 0)
		return -1;
	*out = below(*above, path_base(path));
	return 0;
}

/* The same, but makes directories that the archive does not name. */
static int
target_of(struct unpacking *u, struct text path, char **out, struct error *err)
{
	auto_free char *above = NULL;
	struct entry like = { .type = ENTRY_DIR, .mode = 0755, .mtime = u->copier->now };

	if (resolve(u, path, &above, out, err) < 0)
		return -1;
	return dest_make_dirs(u->copier->dest, text_of(above), &like, err);
}

/* A hard link to a symbolic link or special file becomes another entry of the same
 * kind. */
static void
put_twin(struct dest *d, const struct entry *there, const struct entry *e,
         struct text from, struct text target)
{
	struct change twin = { .entry = *there };

	twin.entry.uid = e->uid;
	twin.entry.gid = e->gid;
	if (there->type != ENTRY_SYMLINK) {
		twin.entry.mode = e->mode;
		twin.entry.mtime = e->mtime;
	}
	dest_put(d, from, &twin, NULL);
	dest_put(d, target, &twin, NULL);
}

static int
put_hard_link(struct unpacking *u, const struct entry *e, struct text target,
              struct error *err)
{
	struct dest *d = u->copier->dest;
	struct dest_node *file = NULL;
	const struct entry *there = NULL;
	auto_free char *above = NULL, *from = NULL;

	if (resolve(u, e->link, &above, &from, err) < 0)
		return -1;
	there = dest_find(d, text_of(from));
	if (there != NULL && there->type != ENTRY_FILE && there->type != ENTRY_DIR &&
	    there->type != ENTRY_HARDLINK) {
		put_twin(d, there, e, text_of(from), target);
		return 0;
	}
	file = dest_get_file(d, text_of(from), err);
	if (file == NULL)
		return -1;
	if (!text_is(target, from))
		dest_link(d, target, file);
	dest_set_meta(file, e);
	return 0;
}

static int
put_entry(struct unpacking *u, const struct change *change, struct error *err)
{
	struct dest *d = u->copier->dest;
	struct change c = *change;
	auto_free char *target = NULL;
	const struct entry *there = NULL;
	bool is_dir = c.entry.type == ENTRY_DIR;
	struct text path;

	if (target_of(u, c.entry.path, &target, err) < 0)
		return -1;
	path = text_of(target);
	if (u->copier->has_owner) {
		c.entry.uid = u->copier->uid;
		c.entry.gid = u->copier->gid;
	}
	there = dest_find(d, path);
	if (there != NULL && (there->type == ENTRY_DIR) != is_dir)
		dest_remove(d, path);
	if (is_dir)
		dest_put_dir(d, path, &c.entry);
	else if (c.entry.type == ENTRY_HARDLINK)
		return put_hard_link(u, &c.entry, path, err);
	else
		dest_put(d, path, &c, NULL);
	return 0;
}

/* In an exported layer such names would delete files of lower layers. */
static bool
has_whiteout_name(struct text path)
{
	struct text component;

	while (path_next(&path, &component))
		if (text_starts(component, WHITEOUT_PREFIX))
			return true;
	return false;
}

static int
unpack_all(struct unpacking *u, struct error *err)
{
	for (size_t i = 0; i < archive_count(u->archive); i++) {
		struct change change;

		archive_get(u->archive, i, &change);
		if (change.entry.path.n == 0)
			continue;
		if (has_whiteout_name(change.entry.path)) {
			event_warn(u->copier->vertex,
			           "%.*s: left out of the archive: the name would delete "
			           "a file "
			           "of a lower layer",
			           TEXT_ARG(change.entry.path));
			continue;
		}
		if (put_entry(u, &change, err) < 0)
			return error_wrap(err, "unpack %.*s",
			                  TEXT_ARG(change.entry.path));
		if (cancel_check(u->copier->cancel, err) < 0)
			return -1;
	}
	return 0;
}

int
copy_match_unpack(struct copier *c, const struct opened_source *s, size_t i,
                  struct error *err)
{
	struct archive_index *archive = NULL;
	struct unpacking u = { .copier = c };
	auto_free char *root = NULL;
	struct entry like = copier_parent(c, false);
	int found = open_archive(c, s, i, &archive, err);

	if (found <= 0)
		return found < 0 ? error_wrap(err, "/%s", s->matches.list.at[i].name) : 0;
	u.archive = archive;
	if (dest_resolve(c->dest, c->dest_path, &root, err) < 0 ||
	    dest_make_dirs(c->dest, text_of(root), &like, err) < 0)
		return -1;
	u.root = root;
	dest_begin(c->dest);
	return unpack_all(&u, err) < 0 ? -1 : 1;
}
