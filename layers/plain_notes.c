#include "layers/plain_notes.h"

#include <fcntl.h>
#include <string.h>

#include "base/path.h"
#include "base/sealed.h"
#include "layers/changes.h"

void
notes_clear(struct notes *n)
{
	array_clear(&n->list);
	array_clear(&n->gone);
	arena_free(n->arena);
	n->arena = NULL;
}

int
notes_examine(int dir_fd, const char *name, struct noted *out, struct stat *st)
{
	if (fstatat(dir_fd, name, st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		return -1;
	out->ino = st->st_ino;
	out->size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
	out->changed_s = st->st_ctim.tv_sec;
	out->changed_ns = (uint32_t)st->st_ctim.tv_nsec;
	out->uid = st->st_uid;
	out->gid = st->st_gid;
	out->mode = (uint16_t)st->st_mode;
	return 0;
}

bool
notes_same(const struct noted *a, const struct noted *b)
{
	return a->ino == b->ino && a->changed_s == b->changed_s &&
	       a->changed_ns == b->changed_ns && a->mode == b->mode &&
	       a->size == b->size && a->uid == b->uid && a->gid == b->gid;
}

static int
compare_noted(const void *a, const void *b)
{
	const struct noted *x = a, *y = b;

	return path_compare(x->path, y->path);
}

struct noted *
notes_find(const struct notes *n, struct text path)
{
	const struct noted key = { .path = path };

	if (n->list.n == 0)
		return NULL;
	return bsearch(&key, n->list.at, n->list.n, sizeof key, compare_noted);
}

/* ------------------------------------------------------------ what is gone */

void
notes_add_gone(struct notes *n, struct text path, uint32_t since)
{
	array_push(&n->gone, ((struct vanished){ arena_text(n->arena, path), since }));
}

/* The latest layer of a path first. */
static int
compare_gone(const void *a, const void *b)
{
	const struct vanished *x = a, *y = b;
	int order = path_compare(x->path, y->path);

	if (order != 0 || x->since == y->since)
		return order;
	return x->since > y->since ? -1 : 1;
}

void
notes_settle_gone(struct notes *n)
{
	size_t kept = 0;

	array_sort(&n->gone, compare_gone);
	for (size_t i = 0; i < n->gone.n; i++)
		if (kept == 0 ||
		    !text_equal(n->gone.at[kept - 1].path, n->gone.at[i].path))
			n->gone.at[kept++] = n->gone.at[i];
	n->gone.n = kept;
}

/* ------------------------------------------------------------ the file
 *
 * A header; then for each path a record and its bytes, those that are gone last. It
 * is read by who wrote it, on the machine that has the tree.
 */

#define MAGIC UINT64_C(0x3165657274706f63) /* "coptree1" */

struct header {
	uint64_t magic, n, n_gone, ino;
	uint32_t n_layers, zero;
};

struct record {
	uint64_t ino, size;
	int64_t changed_s;
	uint32_t changed_ns, uid, gid, since;
	uint16_t mode, path_size;
	uint32_t is_odd;
};

struct filling {
	const struct notes *notes;
	const struct notes_tree *tree;
};

static void
put(struct sealed_writer *w, const struct noted *n)
{
	const struct record r = { .ino = n->ino,
		                  .size = n->size,
		                  .changed_s = n->changed_s,
		                  .changed_ns = n->changed_ns,
		                  .uid = n->uid,
		                  .gid = n->gid,
		                  .since = n->since,
		                  .mode = n->mode,
		                  .path_size = (uint16_t)n->path.n,
		                  .is_odd = n->is_odd };

	sealed_add(w, &r, sizeof r);
	sealed_add_text(w, n->path);
}

static int
fill_notes(void *arg, struct sealed_writer *w, struct error *err)
{
	const struct filling *f = arg;
	const struct notes *n = f->notes;
	const struct header h = { .magic = MAGIC,
		                  .n = n->list.n,
		                  .n_gone = n->gone.n,
		                  .ino = f->tree->ino,
		                  .n_layers = f->tree->n_layers };

	(void)err;
	sealed_add(w, &h, sizeof h);
	for (size_t i = 0; i < n->list.n; i++)
		put(w, &n->list.at[i]);
	for (size_t i = 0; i < n->gone.n; i++)
		put(w, &(struct noted){ .path = n->gone.at[i].path,
		                        .since = n->gone.at[i].since });
	return 0;
}

int
notes_write(const struct notes *n, const struct notes_tree *tree, int dir_fd,
            const char *name, struct error *err)
{
	struct filling f = { n, tree };

	return sealed_replace(dir_fd, name, 0600, fill_notes, &f, err);
}

/* False if there is none that can be one. */
static bool
get(struct sealed_reader *r, struct notes *to, uint32_t n_layers, struct noted *out)
{
	struct record rec;
	const char *path = NULL;

	if (!sealed_get_copy(r, &rec, sizeof rec) || rec.path_size == 0 ||
	    rec.path_size > LAYER_PATH_MAX || rec.since >= n_layers)
		return false;
	path = sealed_get(r, rec.path_size);
	if (path == NULL)
		return false;
	*out = (struct noted){ .path = arena_text(to->arena,
		                                  (struct text){ path, rec.path_size }),
		               .ino = rec.ino,
		               .size = rec.size,
		               .changed_s = rec.changed_s,
		               .changed_ns = rec.changed_ns,
		               .uid = rec.uid,
		               .gid = rec.gid,
		               .since = rec.since,
		               .mode = rec.mode,
		               .is_odd = rec.is_odd != 0 };
	return true;
}

static bool
get_all(struct sealed_reader *r, const struct header *h, struct notes *out)
{
	struct noted n;

	for (uint64_t i = 0; i < h->n; i++) {
		if (!get(r, out, h->n_layers, &n) ||
		    (i > 0 && path_compare(out->list.at[i - 1].path, n.path) >= 0))
			return false;
		array_push(&out->list, n);
	}
	for (uint64_t i = 0; i < h->n_gone; i++) {
		if (!get(r, out, h->n_layers, &n) ||
		    (i > 0 && path_compare(out->gone.at[i - 1].path, n.path) >= 0))
			return false;
		array_push(&out->gone, ((struct vanished){ n.path, n.since }));
	}
	return sealed_left(r) == 0;
}

int
notes_read(int dir_fd, const char *name, struct notes *out, struct notes_tree *tree,
           struct error *err)
{
	auto_sealed_reader struct sealed_reader r = SEALED_READER_INIT;
	struct notes notes = { .arena = arena_new() };
	struct header h;
	int found = sealed_open(&r, dir_fd, name, err);

	if (found > 0 && sealed_get_copy(&r, &h, sizeof h) && h.magic == MAGIC &&
	    get_all(&r, &h, &notes) && sealed_is_whole(&r)) {
		*out = notes;
		*tree = (struct notes_tree){ .ino = h.ino, .n_layers = h.n_layers };
		return 1;
	}
	notes_clear(&notes);
	return found < 0 ? -1 : 0;
}
