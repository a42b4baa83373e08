/*
 * A layer directory in overlay format, laid over a plain one.
 */
#include "layers/changes.h"
#include "layers/plain_apply.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/listing.h"
#include "base/own.h"
#include "base/path.h"
#include "layers/copy_node.h"
#include "layers/owner_notes.h"
#include "layers/plain_tree.h"
#include "layers/whiteout.h"

struct apply {
	const struct cancel *cancel;
	struct buf path;             /* "/…" */
	struct plain_events *events; /* NULL: nobody wants to know */
	uint32_t since;
};

/* ------------------------------------------------------------ events */

static int
compare_events(const void *a, const void *b)
{
	const struct plain_event *x = a, *y = b;
	int order = path_compare(x->path, y->path);

	if (order != 0 || x->since == y->since)
		return order;
	return x->since < y->since ? -1 : 1;
}

void
plain_events_sort(struct plain_events *e)
{
	array_sort(&e->list, compare_events);
}

void
plain_events_clear(struct plain_events *e)
{
	array_clear(&e->list);
	arena_free(e->arena);
	e->arena = NULL;
}

/* Paths of the lowest layer need no event: a path without one is of that layer. */
static void
add_event(struct apply *a, bool is_gone)
{
	struct plain_events *e = a->events;

	if (e == NULL || a->since == 0)
		return;
	if (e->arena == NULL)
		e->arena = arena_new();
	array_push(&e->list,
	           ((struct plain_event){
	                   arena_text(e->arena, text_from(buf_text(&a->path), 1)),
	                   a->since, is_gone }));
}

/* ------------------------------------------------------------ one layer */

/* IS_NEW: there is nothing in TO_FD yet. */
static int
apply_dir(struct apply *a, int from_fd, int to_fd, bool is_new, struct error *err);

/* Opens directory NAME of TO_FD, made (*IS_NEW) if it is not there or something else. */
static int
open_target(struct apply *a, int to_fd, const char *name, bool opaque, bool *is_new,
            struct error *err)
{
	struct stat st;
	int found = fstatat(to_fd, name, &st, AT_SYMLINK_NOFOLLOW), fd = -1;

	if (found == 0 && (opaque || !S_ISDIR(st.st_mode))) {
		if (file_remove_tree(to_fd, name, err) < 0)
			return -1;
		add_event(a, true);
		found = -1;
	}
	if (found < 0 && mkdirat(to_fd, name, 0700) < 0)
		return error_sys(err, "make %s", buf_str(&a->path));
	*is_new = found < 0;
	fd = openat(to_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? error_sys(err, "open %s", buf_str(&a->path)) : fd;
}

static int
apply_subdir(struct apply *a, int from_fd, const char *name, int to_fd, struct error *err)
{
	auto_fd int sub_fd = openat(from_fd, name,
	                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_fd int target_fd = -1;
	bool is_new = false;

	if (sub_fd < 0)
		return error_sys(err, "open %s", buf_str(&a->path));
	target_fd = open_target(a, to_fd, name, whiteout_is_opaque(sub_fd), &is_new, err);
	return target_fd < 0 ? -1 : apply_dir(a, sub_fd, target_fd, is_new, err);
}

static int
apply_entry(struct apply *a, int from_fd, const char *name, int to_fd, bool is_new,
            struct error *err)
{
	struct stat st, before;

	if (fstatat(from_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, "stat %s", buf_str(&a->path));
	add_event(a, false);
	if (S_ISDIR(st.st_mode))
		return apply_subdir(a, from_fd, name, to_fd, err);
	if (!is_new && fstatat(to_fd, name, &before, AT_SYMLINK_NOFOLLOW) == 0) {
		if (file_remove_tree(to_fd, name, err) < 0)
			return -1;
		add_event(a, true);
	}
	/* On a plain file system a device node opens its device. */
	if (whiteout_is_mark(from_fd, name, &st) ||
	    owner_is_device_at(from_fd, name, &st))
		return 0;
	return copy_node(from_fd, name, &st, to_fd, name, buf_str(&a->path), a->cancel,
	                 err) < 0
	               ? -1
	               : 0;
}

static int
apply_dir(struct apply *a, int from_fd, int to_fd, bool is_new, struct error *err)
{
	auto_listing struct listing list = listing_open(from_fd, ".");
	const char *name = NULL;
	size_t length = a->path.n;
	struct stat st;

	if (fstat(from_fd, &st) < 0)
		return error_sys(err, "stat /%s", buf_str(&a->path));
	while ((name = listing_next(&list)) != NULL) {
		buf_add_char(&a->path, '/');
		buf_add_str(&a->path, name);
		if (cancel_check(a->cancel, err) < 0 ||
		    layer_path_check(text_from(buf_text(&a->path), 1), err) < 0 ||
		    apply_entry(a, from_fd, name, to_fd, is_new, err) < 0)
			return -1;
		buf_truncate(&a->path, length);
	}
	if (listing_failed(&list))
		return error_sys(err, "list /%s", buf_str(&a->path));
	return copy_dir_metadata(from_fd, &st, to_fd, buf_str(&a->path), err);
}

int
plain_apply(int from_fd, int to_fd, struct plain_events *events, uint32_t since,
            const struct cancel *cancel, struct error *err)
{
	struct apply a = { .cancel = cancel, .events = events, .since = since };
	int failed = apply_dir(&a, from_fd, to_fd, false, err);

	buf_clear(&a.path);
	return failed;
}

int
plain_tree_apply(int from_fd, int to_fd, const struct cancel *cancel, struct error *err)
{
	return plain_apply(from_fd, to_fd, NULL, 0, cancel, err);
}

int
plain_apply_entry(int from_fd, const char *name, int to_fd, struct text path,
                  const struct cancel *cancel, struct error *err)
{
	struct apply a = { .cancel = cancel };
	int failed = 0;

	buf_add_char(&a.path, '/');
	buf_add_text(&a.path, path);
	failed = apply_entry(&a, from_fd, name, to_fd, false, err);
	buf_clear(&a.path);
	return failed;
}
