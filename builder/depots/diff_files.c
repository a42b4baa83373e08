#include "builder/depots/diff_files.h"

#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "base/path.h"
#include "layers/content.h"
#include "layers/tree.h"

#define PIECE ((size_t)1 << 18)

/* One path of a view; texts are the view's. */
struct node {
	struct text path;
	struct view_entry at;
};

struct nodes {
	ARRAY(struct node) list;
};

static int
add_node(void *arg, struct text path, const struct view_entry *e, struct error *err)
{
	struct nodes *nodes = arg;
	struct node *node = NULL;

	(void)err;
	/* The root is in every image, whatever its layers say. */
	if (path.n == 0)
		return 0;
	node = array_add(&nodes->list);
	node->path = (struct text){ text_copy(path), path.n };
	node->at = *e;
	return 0;
}

static void
nodes_clear(struct nodes *nodes)
{
	for (size_t i = 0; i < nodes->list.n; i++)
		free((char *)(uintptr_t)nodes->list.at[i].path.p);
	array_clear(&nodes->list);
}
#define auto_nodes __attribute__((cleanup(nodes_clear)))

/* ------------------------------------------------------------ shown */

/* An implied directory counts as 0755 0:0. */
static const struct entry implied = { .type = ENTRY_DIR, .mode = 0755 };

static const struct entry *
entry_of(const struct node *n)
{
	return n->at.entry != NULL ? n->at.entry : &implied;
}

/* A hard link is a file like the other name. */
static int
type_of(const struct entry *e)
{
	return e->type == ENTRY_HARDLINK ? ENTRY_FILE : e->type;
}

static const char *
type_name(const struct entry *e)
{
	static const char *const names[] = {
		[ENTRY_FILE] = "file",          [ENTRY_DIR] = "directory",
		[ENTRY_SYMLINK] = "link",       [ENTRY_CHAR] = "character device",
		[ENTRY_BLOCK] = "block device", [ENTRY_FIFO] = "pipe",
	};
	int type = type_of(e);

	return type < (int)COUNT_OF(names) && names[type] != NULL ? names[type] : "other";
}

static json_t *
show(const struct node *n)
{
	const struct entry *e = entry_of(n);
	json_t *object = json_object();
	auto_free char *mode = mem_print("%04o", e->mode);
	char time[CLOCK_TEXT_MAX];

	jsonio_set(object, "type", json_string(type_name(e)));
	jsonio_set(object, "mode", json_string(mode));
	jsonio_set(object, "uid", json_integer(e->uid));
	jsonio_set(object, "gid", json_integer(e->gid));
	if (e->type == ENTRY_FILE)
		jsonio_set(object, "size", json_integer((json_int_t)e->size));
	if (e->link.n > 0)
		jsonio_set(object, e->type == ENTRY_SYMLINK ? "target" : "hardLinkOf",
		           jsonio_string(e->link));
	if (e->type == ENTRY_CHAR || e->type == ENTRY_BLOCK) {
		jsonio_set(object, "major", json_integer(e->dev_major));
		jsonio_set(object, "minor", json_integer(e->dev_minor));
	}
	if (n->at.entry != NULL)
		jsonio_set(object, "mtime", json_string(clock_print_s(e->mtime, time)));
	return object;
}

static void
add_single(json_t *list, const struct node *n)
{
	json_t *object = show(n);

	jsonio_set(object, "path", jsonio_string(n->path));
	json_array_append_new(list, object);
}

/* ------------------------------------------------------------ compared */

/* The open content of N: 1; 0: it has none, -1. */
static int
open_content(const struct node *n, int *fd, uint64_t *size, struct error *err)
{
	struct content content;

	if (type_of(entry_of(n)) != ENTRY_FILE)
		return 0;
	if (layer_content(n->at.layer, n->at.entry, &content, err) < 0)
		return -1;
	if (content.kind == CONTENT_NONE)
		return 0;
	*fd = content_open(&content, size, err);
	return *fd < 0 ? -1 : 1;
}

/* Whether the files A and B have the same bytes: 1, 0, -1. */
static int
same_content(const struct node *a, const struct node *b, const struct cancel *cancel,
             struct error *err)
{
	auto_fd int fd_a = -1, fd_b = -1;
	auto_free char *piece_a = mem_new(PIECE), *piece_b = mem_new(PIECE);
	uint64_t size_a = 0, size_b = 0;
	int has_a = open_content(a, &fd_a, &size_a, err);
	int has_b = has_a < 0 ? -1 : open_content(b, &fd_b, &size_b, err);

	if (has_a < 0 || has_b < 0)
		return -1;
	if (size_a != size_b)
		return 0;
	for (uint64_t left = size_a; left > 0;) {
		size_t n = left < PIECE ? (size_t)left : PIECE;
		ssize_t got_a = file_read_full(fd_a, piece_a, n, err);
		ssize_t got_b = got_a < 0 ? -1 : file_read_full(fd_b, piece_b, n, err);

		if (got_b < 0 || cancel_check(cancel, err) < 0)
			return -1;
		if (got_a != got_b || got_a == 0 ||
		    memcmp(piece_a, piece_b, (size_t)got_a) != 0)
			return 0;
		left -= (uint64_t)got_a;
	}
	return 1;
}

static void
note(json_t *what, bool differs, const char *word)
{
	if (differs)
		json_array_append_new(what, json_string(word));
}

/* Appends the words for what A and B differ in to WHAT. */
static int
compare(const struct node *a, const struct node *b, bool ignore_times, json_t *what,
        const struct cancel *cancel, struct error *err)
{
	const struct entry *x = entry_of(a), *y = entry_of(b);
	int same = 1;

	/* The very same entry of the very same layer. */
	if (x == y)
		return 0;
	note(what, type_of(x) != type_of(y), "type");
	note(what, x->mode != y->mode, "mode");
	note(what, x->uid != y->uid || x->gid != y->gid, "owner");
	if (type_of(x) == type_of(y) && type_of(x) == ENTRY_FILE) {
		same = same_content(a, b, cancel, err);
		if (same < 0)
			return -1;
		note(what, x->type == y->type && x->size != y->size, "size");
		note(what, same == 0, "content");
	}
	note(what,
	     x->type == ENTRY_SYMLINK && y->type == ENTRY_SYMLINK &&
	             !text_equal(x->link, y->link),
	     "target");
	note(what,
	     x->type == ENTRY_HARDLINK && y->type == ENTRY_HARDLINK &&
	             !text_equal(x->link, y->link),
	     "links");
	note(what, x->dev_major != y->dev_major || x->dev_minor != y->dev_minor,
	     "device");
	note(what, !text_equal(x->capability, y->capability), "capability");
	note(what,
	     !ignore_times && x->mtime != y->mtime && x != &implied && y != &implied,
	     "mtime");
	return 0;
}

static int
add_changed(json_t *list, const struct node *a, const struct node *b, bool ignore_times,
            const struct cancel *cancel, struct error *err)
{
	auto_json json_t *what = json_array();
	json_t *object = NULL;

	if (compare(a, b, ignore_times, what, cancel, err) < 0)
		return error_wrap(err, "%.*s", TEXT_ARG(a->path));
	if (json_array_size(what) == 0)
		return 0;
	object = json_object();
	jsonio_set(object, "path", jsonio_string(a->path));
	jsonio_set(object, "what", json_incref(what));
	jsonio_set(object, "a", show(a));
	jsonio_set(object, "b", show(b));
	json_array_append_new(list, object);
	return 0;
}

json_t *
diff_files(struct view *a, struct view *b, bool ignore_times, const struct cancel *cancel,
           struct error *err)
{
	auto_nodes struct nodes in_a = { 0 }, in_b = { 0 };
	auto_json json_t *object = json_pack("{s:[],s:[],s:[]}", "added", "removed",
	                                     "changed");
	json_t *added = json_object_get(object, "added"),
	       *removed = json_object_get(object, "removed"),
	       *changed = json_object_get(object, "changed");
	size_t i = 0, j = 0;

	if (view_each(a, TEXT(""), add_node, &in_a, err) < 0 ||
	    view_each(b, TEXT(""), add_node, &in_b, err) < 0)
		return NULL;
	while (i < in_a.list.n || j < in_b.list.n) {
		const struct node *x = i < in_a.list.n ? &in_a.list.at[i] : NULL;
		const struct node *y = j < in_b.list.n ? &in_b.list.at[j] : NULL;
		int order = x == NULL   ? 1
		            : y == NULL ? -1
		                        : path_compare(x->path, y->path);

		if (order < 0)
			add_single(removed, x);
		else if (order > 0)
			add_single(added, y);
		else if (add_changed(changed, x, y, ignore_times, cancel, err) < 0)
			return NULL;
		i += order <= 0;
		j += order >= 0;
	}
	return take(object);
}
