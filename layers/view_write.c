#include "base/map.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/path.h"
#include "layers/layer.h"
#include "layers/pour.h"
#include "layers/view_state.h"
#include "layers/view_write.h"

struct writing {
	const char *folder;
	struct buf path, link; /* below the folder */
	struct pour pour;
	struct map first_names; /* layer and path of a file → entry written for it */
};

/* A key for the file that E of layer L is a name of. */
static void
file_key(const struct layer *l, const struct entry *e, struct buf *out)
{
	buf_print(out, "%p ", (const void *)l);
	buf_add_text(out, e->type == ENTRY_HARDLINK ? e->link : e->path);
}

/* PATH below the folder; the text belongs to BUF. */
static struct text
in_folder(const struct writing *w, struct text path, struct buf *buf)
{
	if (*w->folder == '\0')
		return path;
	buf_truncate(buf, 0);
	buf_print(buf, "%s/", w->folder);
	buf_add_text(buf, path);
	return buf_text(buf);
}

/* Gives C its content, or makes it a link to a name of its file that was written before.
 * The first name that is written gets the content, whichever it was in the layer, because
 * upper layers may have removed that one. */
static int
settle_file(struct writing *w, const struct view_entry *found, struct change *c,
            struct error *err)
{
	auto_buf struct buf key = BUF_INIT;
	const struct tree *t = layer_tree(found->layer, err);
	const struct entry *file, *first;

	if (t == NULL)
		return -1;
	/* Only files with several names need the map; a look-up costs little. */
	file_key(found->layer, found->entry, &key);
	first = map_find(&w->first_names, buf_text(&key));
	if (first != NULL) {
		c->entry.type = ENTRY_HARDLINK;
		c->entry.link = in_folder(w, first->path, &w->link);
		return 0;
	}
	map_set(&w->first_names, buf_text(&key), (void *)(uintptr_t)found->entry);
	file = view_link_target(t, found->entry);
	if (file == NULL)
		return error_set(err, ERR_DAMAGED, "%.*s: link to nothing",
		                 TEXT_ARG(found->entry->path));
	c->entry.type = ENTRY_FILE;
	c->entry.link = (struct text){ 0 };
	c->entry.size = file->size;
	return layer_content(found->layer, file, &c->content, err);
}

static int
view_write_entry(void *arg, struct text path, const struct view_entry *found,
                 struct error *err)
{
	struct writing *w = arg;
	struct change c = { .entry = { .type = ENTRY_DIR, .mode = 0755 } };

	if (path.n == 0)
		return 0;
	if (found->entry != NULL)
		c.entry = *found->entry;
	c.entry.path = in_folder(w, path, &w->path);
	c.entry.opaque = false;
	if ((c.entry.type == ENTRY_FILE || c.entry.type == ENTRY_HARDLINK) &&
	    settle_file(w, found, &c, err) < 0)
		return -1;
	return pour_one(&w->pour, &c, err);
}

static int
write_folder(struct writing *w, struct error *err)
{
	const struct change c = {
		.entry = { .path = text_of(w->folder), .type = ENTRY_DIR, .mode = 0755 }
	};

	return *w->folder == '\0' ? 0 : pour_one(&w->pour, &c, err);
}

static int
write_part(const struct view_part *part, const struct pour *pour, struct error *err)
{
	auto_free char *space = mem_resize(NULL, POUR_SPACE, 1);
	struct writing w = { .folder = part->folder, .pour = *pour };
	int status = 0;

	w.pour.space = space;
	status = write_folder(&w, err);
	if (status == 0)
		status = view_each(part->view, TEXT(""), view_write_entry, &w, err);
	map_clear(&w.first_names);
	buf_clear(&w.path);
	buf_clear(&w.link);
	return status < 0 ? -1 : 0;
}

int
view_write_tar(const struct view_part *parts, size_t n, layer_sink_fn *sink, void *arg,
               int64_t epoch, const struct cancel *cancel, struct error *err)
{
	auto_tar_writer struct tar_writer *writer = tar_writer_new(sink, arg);
	struct pour pour = { .tar = writer, .cancel = cancel, .epoch = epoch };

	for (size_t i = 0; i < n; i++)
		if (write_part(&parts[i], &pour, err) < 0)
			return -1;
	return pour_end(&pour, err);
}

int
view_write_dir(const struct view *v, int dir_fd, bool is_mount, int64_t epoch,
               const struct cancel *cancel, struct error *err)
{
	const struct view_part part = { v, "" };
	auto_unpacker struct unpacker *u =
	        unpack_new(dir_fd, UNPACK_USERS | (is_mount ? UNPACK_NOTES : 0), err);
	struct pour pour = { .dir = u, .cancel = cancel, .epoch = epoch };

	return u == NULL || write_part(&part, &pour, err) < 0 ? -1 : pour_end(&pour, err);
}
