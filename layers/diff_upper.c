#include "layers/diff_upper.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/event.h"
#include "base/listing.h"
#include "base/own.h"
#include "base/path.h"
#include "layers/content_reader.h"
#include "layers/layer.h"
#include "layers/view_state.h"
#include "layers/whiteout.h"
#include "layers/xattrs.h"

enum {
	COMPARE_CHUNK = 64 * 1024,
	SPARSE_WARNED = 256 * 1024 * 1024,
};

/* A possible change, until it is clear whether it is one. */
struct candidate {
	struct entry entry;
	dev_t dev; /* of a file with several names; otherwise ino is 0 */
	ino_t ino;
	int64_t mtime; /* before SOURCE_DATE_EPOCH is applied */
	bool equal;    /* equal to the lowers' entry */
};

struct walk {
	int upper_fd;
	const struct view *lowers; /* or NULL */
	bool marked;               /* owners are those in owner marks */
	int64_t epoch;
	const struct cancel *cancel;
	struct arena *arena;
	struct buf path;
	ARRAY(struct candidate) found;
};

void
diff_clear(struct diff *d)
{
	free(d->found);
	arena_free(d->arena);
	*d = (struct diff)DIFF_INIT;
}

/* The content of a file is in the upper, under any of its names. */
static struct content
content_of(int upper_fd, const struct entry *e)
{
	struct content content = { .kind = CONTENT_NONE };

	if (e->type == ENTRY_FILE || e->type == ENTRY_HARDLINK)
		content = (struct content){ .kind = CONTENT_FILE,
			                    .dir_fd = upper_fd,
			                    .path = e->path };
	return content;
}

static void
get_change(const void *arg, size_t i, struct change *out)
{
	const struct diff *d = arg;

	out->entry = d->found[i].entry;
	out->content = content_of(d->upper_fd, &out->entry);
}

/* ------------------------------------------------------------ equal to the lowers */

/* Compares the bytes of a file in the upper with those of the lowers' file. */
static bool
same_content(struct walk *w, const struct entry *e, struct layer *layer,
             const struct entry *lower)
{
	__attribute__((
	        cleanup(content_reader_close))) struct content_reader a = { .fd = -1 },
	                                                              b = { .fd = -1 };
	auto_free char *chunk = mem_resize(NULL, 2, COMPARE_CHUNK);
	auto_error struct error ignored = ERROR_INIT;
	const struct content own = content_of(w->upper_fd, e);
	struct text name = e->path;
	struct content content;
	uint64_t left = e->size;

	if (layer_content(layer, lower, &content, &ignored) < 0 ||
	    content_reader_open(&a, &own, left, name, &ignored) < 0 ||
	    content_reader_open(&b, &content, left, name, &ignored) < 0)
		return false;
	while (left > 0 && !cancel_is_set(w->cancel)) {
		size_t n = left < COMPARE_CHUNK ? (size_t)left : COMPARE_CHUNK;

		if (content_reader_read(&a, chunk, n, name, &ignored) < 0 ||
		    content_reader_read(&b, chunk + COMPARE_CHUNK, n, name, &ignored) <
		            0 ||
		    memcmp(chunk, chunk + COMPARE_CHUNK, n) != 0)
			return false;
		left -= n;
	}
	return left == 0;
}

static const struct entry implied_dir = { .type = ENTRY_DIR, .mode = 0755 };

/* True if FOUND, the lowers' entry at the path, equals C. Lowers that were made with an
 * epoch have clamped times, others real ones. */
static bool
is_equal(struct walk *w, const struct candidate *candidate,
         const struct view_entry *found, struct error *err)
{
	const struct entry *e = &candidate->entry, *lower = found->entry;
	const struct tree *t;

	if (lower == NULL)
		lower = &implied_dir;
	if (lower->type == ENTRY_HARDLINK) {
		t = layer_tree(found->layer, err);
		lower = t == NULL ? NULL : view_link_target(t, lower);
		if (lower == NULL)
			return false;
	}
	if (e->type != lower->type || e->mode != lower->mode || e->uid != lower->uid ||
	    e->gid != lower->gid || !text_equal(e->capability, lower->capability))
		return false;
	if (e->type == ENTRY_DIR)
		return true;
	if ((e->mtime != lower->mtime && candidate->mtime != lower->mtime) ||
	    !text_equal(e->link, lower->link) || e->dev_major != lower->dev_major ||
	    e->dev_minor != lower->dev_minor)
		return false;
	if (e->type != ENTRY_FILE)
		return true;
	return e->size == lower->size && same_content(w, e, found->layer, lower);
}

/* ------------------------------------------------------------ one name */

static int
read_link(struct walk *w, int dir_fd, const char *name, struct entry *e,
          struct error *err)
{
	char target[4096];
	ssize_t n = readlinkat(dir_fd, name, target, sizeof target);

	if (n < 0)
		return error_sys(err, "read link %s", buf_str(&w->path));
	e->link = arena_text(w->arena, (struct text){ target, (size_t)n });
	return 0;
}

/* Layers have no holes: a large log that is nearly all holes (lastlog of useradd
 * with a high id) becomes gigabytes for everybody who unpacks it. */
static void
warn_if_sparse(const struct buf *path, const struct stat *st)
{
	if (st->st_size >= SPARSE_WARNED && st->st_blocks * 512 < st->st_size / 4)
		event_warn(0, "/%s: %lld MiB, nearly all holes, are stored in full",
		           buf_str(path), (long long)st->st_size >> 20);
}

/* Fills in the entry of NAME, whose metadata is ST: 1, 0 for a socket, -1. */
static int
describe(struct walk *w, int dir_fd, const char *name, const struct stat *st,
         struct entry *e, struct error *err)
{
	e->path = arena_text(w->arena, buf_text(&w->path));
	e->mode = st->st_mode & 07777;
	e->uid = st->st_uid;
	e->gid = st->st_gid;
	e->mtime = st->st_mtim.tv_sec;
	if (w->epoch >= 0 && e->mtime > w->epoch)
		e->mtime = w->epoch;
	switch (st->st_mode & S_IFMT) {
	case S_IFREG: {
		struct capability c = capability_of_name(dir_fd, name);
		struct text value = { (char *)c.bytes, c.n };

		e->type = ENTRY_FILE;
		e->size = (uint64_t)st->st_size;
		warn_if_sparse(&w->path, st);
		if (c.n > 0)
			e->capability = arena_text(w->arena, value);
		return 1;
	}
	case S_IFDIR:
		e->type = ENTRY_DIR;
		return 1;
	case S_IFLNK:
		e->type = ENTRY_SYMLINK;
		e->mode = 0777;
		return read_link(w, dir_fd, name, e, err) < 0 ? -1 : 1;
	case S_IFCHR:
	case S_IFBLK:
		e->type = S_ISCHR(st->st_mode) ? ENTRY_CHAR : ENTRY_BLOCK;
		e->dev_major = major(st->st_rdev);
		e->dev_minor = minor(st->st_rdev);
		return 1;
	case S_IFIFO:
		e->type = ENTRY_FIFO;
		return 1;
	default:
		return 0;
	}
}

static void
add_whiteout(struct walk *w)
{
	struct candidate *c = array_add(&w->found);

	c->entry.path = arena_text(w->arena, buf_text(&w->path));
	c->entry.type = ENTRY_WHITEOUT;
}

/* A directory's own names and those the lowers have in it, in byte order. */
struct name {
	struct text text;
	bool lower_only;
};
struct names {
	ARRAY(struct name) list;
	struct arena *arena;
};

static void
names_clear(struct names *n)
{
	array_clear(&n->list);
	arena_free(n->arena);
}
#define auto_names __attribute__((cleanup(names_clear)))

static int
compare_names(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return text_compare(x->text, y->text);
}

static int
list_dir(int dir_fd, struct names *out, struct error *err)
{
	auto_listing struct listing list = listing_open(dir_fd, ".");
	const char *name = NULL;

	out->arena = arena_new();
	while ((name = listing_next(&list)) != NULL) {
		struct name *added = array_add(&out->list);

		added->text = arena_text(out->arena, text_of(name));
	}
	if (listing_failed(&list))
		return error_sys(err, "list a directory of an upper");
	array_sort(&out->list, compare_names);
	return 0;
}

/* Adds the lowers' names in the directory at hand that NAMES has not. */
static void
add_lower_names(struct walk *w, struct names *names)
{
	struct view_names lower = { 0 };
	size_t n = names->list.n;

	view_children(w->lowers, buf_text(&w->path), &lower);
	for (size_t i = 0; i < lower.list.n; i++) {
		struct name one = { lower.list.at[i], true };

		if (n == 0 ||
		    bsearch(&one, names->list.at, n, sizeof one, compare_names) == NULL)
			array_push(&names->list, one);
	}
	array_clear(&lower.list);
	array_sort(&names->list, compare_names);
}

/* ------------------------------------------------------------ the walk */

static int walk_dir(struct walk *w, int dir_fd, bool hides, struct error *err);

static bool
is_mount(struct text path)
{
	return text_is(path, "dev") || text_is(path, "proc") || text_is(path, "sys");
}

/* Enters directory C, number AT of the changes found. HIDES: nothing of the lowers shows
 * in it, because it or a directory above is opaque. */
static int
enter(struct walk *w, int dir_fd, const char *name, size_t at, bool hides,
      struct error *err)
{
	auto_fd int fd = openat(dir_fd, name,
	                        O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_sys(err, "open %s", buf_str(&w->path));
	if (is_mount(buf_text(&w->path)))
		return 0;
	if (whiteout_is_opaque(fd)) {
		hides = true;
		w->found.at[at].entry.opaque = w->lowers == NULL;
	}
	return walk_dir(w, fd, hides, err);
}

static int
visit(struct walk *w, int dir_fd, const char *name, bool hides, struct error *err)
{
	struct view_entry lower = { 0 };
	bool in_lower = w->lowers != NULL &&
	                view_find(w->lowers, buf_text(&w->path), &lower) == 1;
	struct candidate c = { 0 };
	struct stat st;
	int status;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, "stat %s", buf_str(&w->path));
	if (whiteout_is_mark(dir_fd, name, &st)) {
		if (in_lower || w->lowers == NULL)
			add_whiteout(w);
		return 0;
	}
	/* Whether NAME is a mount point that was made for the step. */
	if (w->lowers != NULL && !in_lower && is_mount(buf_text(&w->path)))
		return 0;
	if (w->marked)
		owner_apply(dir_fd, name, &st);
	status = describe(w, dir_fd, name, &st, &c.entry, err);
	if (status <= 0)
		return status;
	if (c.entry.type == ENTRY_FILE) {
		c.dev = st.st_dev;
		c.ino = st.st_nlink > 1 ? st.st_ino : 0;
	}
	c.mtime = st.st_mtim.tv_sec;
	c.equal = in_lower && is_equal(w, &c, &lower, err);
	array_push(&w->found, c);
	if (c.entry.type != ENTRY_DIR)
		return cancel_check(w->cancel, err);
	return enter(w, dir_fd, name, w->found.n - 1, hides, err);
}

static int
walk_dir(struct walk *w, int dir_fd, bool hides, struct error *err)
{
	auto_names struct names names = { 0 };
	size_t length = w->path.n;

	if (list_dir(dir_fd, &names, err) < 0)
		return -1;
	if (hides && w->lowers != NULL)
		add_lower_names(w, &names);
	for (size_t i = 0; i < names.list.n; i++) {
		struct text name = names.list.at[i].text;
		int status = 0;

		if (length > 0)
			buf_add_char(&w->path, '/');
		buf_add_text(&w->path, name);
		if (layer_path_check(buf_text(&w->path), err) < 0)
			return -1;
		if (names.list.at[i].lower_only)
			add_whiteout(w);
		else
			status = w->lowers == NULL
			                 ? 0
			                 : whiteout_drop_name(dir_fd, name.p,
			                                      buf_text(&w->path), err);
		if (status == 0 && !names.list.at[i].lower_only)
			status = visit(w, dir_fd, name.p, hides, err);
		if (status < 0)
			return -1;
		buf_truncate(&w->path, length);
	}
	return 0;
}

/* ------------------------------------------------------------ what stays */

static int
compare_inodes(const void *a, const void *b)
{
	const struct candidate *x = *(struct candidate *const *)a,
	                       *y = *(struct candidate *const *)b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* If any name of a file changed, all its names stay: the first with the content, the
 * others as links to it. */
static void
link_names(struct candidate **names, size_t n)
{
	bool equal = true;

	for (size_t i = 0; i < n; i++)
		equal &= names[i]->equal;
	for (size_t i = 0; i < n; i++) {
		struct entry *e = &names[i]->entry;

		names[i]->equal = equal;
		if (i == 0 || equal)
			continue;
		e->type = ENTRY_HARDLINK;
		e->size = 0;
		e->link = names[0]->entry.path;
	}
}

static void
link_all(struct walk *w)
{
	ARRAY(struct candidate *) linked = { 0 };

	for (size_t i = 0; i < w->found.n; i++)
		if (w->found.at[i].ino != 0)
			array_push(&linked, &w->found.at[i]);
	array_sort(&linked, compare_inodes);
	for (size_t i = 0, next; i < linked.n; i = next) {
		for (next = i + 1; next < linked.n; next++)
			if (linked.at[next]->dev != linked.at[i]->dev ||
			    linked.at[next]->ino != linked.at[i]->ino)
				break;
		link_names(linked.at + i, next - i);
	}
	array_clear(&linked);
}

/* Goes from the end to the front: an equal directory stays if the next kept entry is
 * below it. */
static void
keep_changed(struct walk *w, struct diff *out)
{
	struct text next = { 0 };
	bool any = false;
	size_t n = 0;

	for (size_t i = w->found.n; i > 0; i--) {
		struct candidate *c = &w->found.at[i - 1];
		struct text path = c->entry.path;

		if (c->equal &&
		    (c->entry.type != ENTRY_DIR || !any || !path_is_below(next, path)))
			continue;
		c->equal = false;
		next = path;
		any = true;
	}
	for (size_t i = 0; i < w->found.n; i++)
		if (!w->found.at[i].equal)
			w->found.at[n++] = w->found.at[i];
	out->found = take(w->found.at);
	out->upper_fd = w->upper_fd;
	out->changes = (struct change_list){ .n = n, .get = get_change, .arg = out };
}

int
diff_upper(int upper_fd, const struct view *lowers, bool marked, int64_t epoch,
           struct diff *out, const struct cancel *cancel, struct error *err)
{
	struct walk w = { .upper_fd = upper_fd,
		          .lowers = lowers,
		          .marked = marked,
		          .epoch = epoch,
		          .cancel = cancel };
	int status;

	out->arena = w.arena = arena_new();
	status = walk_dir(&w, upper_fd, false, err);
	if (status == 0) {
		link_all(&w);
		keep_changed(&w, out);
	}
	array_clear(&w.found);
	buf_clear(&w.path);
	return status;
}
