#include "layers/pour.h"

#include <string.h>

#include "base/mem.h"
#include "base/own.h"
#include "base/path.h"
#include "layers/content_reader.h"
#include "layers/files_ahead.h"
#include "layers/whiteout.h"

/* ------------------------------------------------------------ from a tar */

/* Turns E into the form that it has in a layer: 1, 0 if it has none there, -1. STORAGE
 * holds its path. */
static int
interpret(struct entry *e, struct buf *storage, struct error *err)
{
	struct text target = { 0 };

	switch (whiteout_parse(e->path, storage, &target)) {
	case WHITEOUT_HOUSEKEEPING:
		return 0;
	case WHITEOUT_BAD:
		return error_set(err, ERR_DAMAGED, "%.*s: not a name for a whiteout",
		                 TEXT_ARG(e->path));
	case WHITEOUT_PATH:
		*e = (struct entry){ .path = target, .type = ENTRY_WHITEOUT };
		return 1;
	case WHITEOUT_OPAQUE:
		*e = (struct entry){ .path = target,
			             .type = ENTRY_WHITEOUT,
			             .opaque = true };
		return 1;
	case WHITEOUT_NONE:
		break;
	}
	/* To overlayfs, a device with this number is a whiteout. */
	if (e->type == ENTRY_CHAR && e->dev_major == 0 && e->dev_minor == 0)
		*e = (struct entry){ .path = e->path, .type = ENTRY_WHITEOUT };
	return 1;
}

static int
pour_data(const struct pour *p, struct tar_reader *from, struct error *err)
{
	const void *bytes = NULL;
	ssize_t n;

	while ((n = tar_reader_data(from, &bytes, err)) > 0) {
		int status = bytes == NULL ? unpack_zeros(p->dir, (uint64_t)n, err)
		                           : unpack_data(p->dir, bytes, (size_t)n, err);

		if (status < 0 || cancel_check(p->cancel, err) < 0)
			return -1;
	}
	return n < 0 ? -1 : 0;
}

int
pour_tar(const struct pour *p, struct tar_reader *from, struct error *err)
{
	auto_buf struct buf storage = BUF_INIT;
	struct tar_item item;
	int status;

	while ((status = tar_reader_next(from, &item, err)) == 1) {
		struct entry *e = &item.entry;

		status = interpret(e, &storage, err);
		if (status < 0 || cancel_check(p->cancel, err) < 0)
			return -1;
		if (status == 0)
			continue;
		if (p->tree != NULL)
			tree_maker_add(p->tree, e);
		if (p->dir == NULL)
			continue;
		if (unpack_entry(p->dir, e, err) < 0)
			return -1;
		if (e->type == ENTRY_FILE && pour_data(p, from, err) < 0)
			return error_wrap(err, "%.*s", TEXT_ARG(e->path));
	}
	return status;
}

/* ------------------------------------------------------------ from changes */

static int
pour_bytes(const struct pour *p, const char *bytes, size_t n, struct error *err)
{
	if (p->dir != NULL && unpack_data(p->dir, bytes, n, err) < 0)
		return -1;
	return p->tar != NULL ? tar_writer_data(p->tar, bytes, n, err) : 0;
}

/* The next place to read to: in the tar's block if there is one, so that the
 * bytes are not copied again. */
static char *
room_for(const struct pour *p, uint64_t left, size_t *n, struct error *err)
{
	*n = left < POUR_SPACE ? (size_t)left : POUR_SPACE;
	return p->tar != NULL ? tar_writer_room(p->tar, n, err) : p->space;
}

/* UNPACK_AGAIN: not done, but may be tried again. */
static int
pour_parts(const struct pour *p, const struct change *c, struct error *err)
{
	__attribute__((
	        cleanup(content_reader_close))) struct content_reader r = { .fd = -1 };
	struct text name = c->entry.path;
	uint64_t left = c->entry.size;
	int status = 0;

	if (content_reader_open(&r, &c->content, left, name, err) < 0)
		return -1;
	while (left > 0) {
		size_t n;
		char *to = room_for(p, left, &n, err);

		if (to == NULL || content_reader_read(&r, to, n, name, err) < 0)
			return -1;
		status = p->dir != NULL ? unpack_data(p->dir, to, n, err) : 0;
		if (status != 0)
			return status;
		if (p->tar != NULL)
			tar_writer_fill(p->tar, n);
		left -= n;
		if (cancel_check(p->cancel, err) < 0)
			return -1;
	}
	return 0;
}

static int
pour_large(const struct pour *p, const struct change *c, struct error *err)
{
	int status = pour_parts(p, c, err);

	return status == UNPACK_AGAIN ? pour_parts(p, c, err) : status;
}

/* BYTES: the content, if it was read already. If reading ahead failed, the file is read
 * again here, which finds the error. */
static int
pour_content(const struct pour *p, const struct change *c, const char *bytes,
             struct error *err)
{
	bool small = c->content.kind == CONTENT_FILE && c->entry.size <= FILES_AHEAD_MAX;

	if (bytes == NULL && small &&
	    content_read_small(&c->content, (size_t)c->entry.size, p->space))
		bytes = p->space;
	if (bytes == NULL)
		return pour_large(p, c, err);
	if (pour_bytes(p, bytes, (size_t)c->entry.size, err) < 0)
		return -1;
	return cancel_check(p->cancel, err);
}

/* AS_LISTED (may be NULL): how the indexes have it, but for time and offset. BYTES: its
 * content, if it was read already. */
static int
pour_change(const struct pour *p, const struct change *c, const struct entry *as_listed,
            const char *bytes, struct error *err)
{
	struct entry e = c->entry, listed;

	if (p->epoch >= 0 && e.mtime > p->epoch)
		e.mtime = p->epoch;
	if (e.type != ENTRY_FILE)
		e.size = 0;
	e.offset = 0;
	if (p->tar != NULL && tar_writer_entry(p->tar, &e, err) < 0)
		return -1;
	if (p->tar != NULL && e.type == ENTRY_FILE)
		e.offset = tar_writer_offset(p->tar);
	listed = as_listed != NULL ? *as_listed : e;
	listed.mtime = e.mtime;
	listed.offset = e.offset;
	if (p->tree != NULL)
		tree_maker_add(p->tree, &listed);
	if (p->index != NULL && tree_writer_add(p->index, &listed, err) < 0)
		return -1;
	if (p->dir != NULL && unpack_entry(p->dir, &e, err) < 0)
		return -1;
	if (e.type == ENTRY_FILE && (p->tar != NULL || p->dir != NULL))
		return pour_content(p, c, bytes, err);
	return cancel_check(p->cancel, err);
}

/* The change at PATH: true and *OUT, or there is none. */
static bool
find_change(const struct change_list *changes, struct text path, struct change *out)
{
	size_t lo = 0, hi = changes->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order;

		changes->get(changes->arg, mid, out);
		order = path_compare(out->entry.path, path);
		if (order == 0)
			return true;
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* All names of a file have its owner, mode and time, in the tar, too, so that its bytes
 * equal those of a tar made from the directory. In the index, a further name of a special
 * file is a special file of its own. */
static int
pour_link(const struct pour *p, const struct change_list *changes, struct change *link,
          struct error *err)
{
	struct change first;
	struct entry *e = &link->entry, listed;

	if (!find_change(changes, e->link, &first))
		return pour_change(p, link, NULL, NULL, err);
	e->mode = first.entry.mode;
	e->uid = first.entry.uid;
	e->gid = first.entry.gid;
	e->mtime = first.entry.mtime;
	e->capability = first.entry.capability;
	if (first.entry.type == ENTRY_FILE)
		return pour_change(p, link, NULL, NULL, err);
	listed = first.entry;
	listed.path = e->path;
	return pour_change(p, link, &listed, NULL, err);
}

static void
get_from_array(const void *arg, size_t i, struct change *out)
{
	const struct change *changes = arg;

	*out = changes[i];
}

struct change_list
pour_list(const struct change *changes, size_t n)
{
	return (struct change_list){ .n = n, .get = get_from_array, .arg = changes };
}

/* In a layer such a name is a whiteout: unpacking it would delete a file. */
static int
check_name(const struct entry *e, struct error *err)
{
	struct text name = path_base(e->path);

	if (e->type == ENTRY_CHAR && whiteout_is_device(e->dev_major, e->dev_minor)) {
		error_set(err, ERR_SOURCE,
		          "/%.*s: no layer can have the device 0:0: it stands for "
		          "\"deleted\"",
		          TEXT_ARG(e->path));
		return error_hint(err, "exclude it (.dockerignore, --exclude)");
	}
	if (e->type == ENTRY_WHITEOUT || !text_starts(name, WHITEOUT_PREFIX))
		return 0;
	error_set(err, ERR_SOURCE,
	          "/%.*s: no layer can have a file of this name: it stands for \"%.*s is "
	          "deleted\"",
	          TEXT_ARG(e->path), (int)(name.n - strlen(WHITEOUT_PREFIX)),
	          name.p + strlen(WHITEOUT_PREFIX));
	return error_hint(err, "rename it, or exclude it (.dockerignore, --exclude)");
}

int
pour_changes(const struct pour *p, const struct change_list *changes, struct error *err)
{
	auto_files_ahead struct files_ahead *ahead = files_ahead_new(changes);

	for (size_t i = 0; i < changes->n; i++) {
		const char *bytes = files_ahead_get(ahead, i);
		struct change c;
		int failed = 0;

		changes->get(changes->arg, i, &c);
		if (layer_path_check(c.entry.path, err) < 0 ||
		    (!p->any_name && check_name(&c.entry, err) < 0))
			return -1;
		failed = c.entry.type == ENTRY_HARDLINK
		                 ? pour_link(p, changes, &c, err)
		                 : pour_change(p, &c, NULL, bytes, err);
		if (failed < 0)
			return -1;
	}
	return 0;
}

int
pour_one(const struct pour *p, const struct change *c, struct error *err)
{
	return pour_change(p, c, NULL, NULL, err);
}

int
pour_end(const struct pour *p, struct error *err)
{
	if (p->tar != NULL && tar_writer_end(p->tar, err) < 0)
		return -1;
	return p->dir != NULL ? unpack_end(p->dir, err) : 0;
}
