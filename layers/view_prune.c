#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "base/inroot.h"
#include "base/listing.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/tree.h"
#include "layers/view.h"
#include "layers/view_write.h"

struct pruning {
	const struct view_part *parts;
	size_t n;
	const struct cancel *cancel;
	ARRAY(char *) dirs; /* paths below the root, to be looked at */
};

/* Whether PATH belongs to part P; *IS_DIR: as a directory. */
static bool
is_of_part(const struct view_part *p, struct text path, bool *is_dir)
{
	struct text folder = text_of(p->folder);
	struct view_entry found;

	if (folder.n > 0) {
		if (text_equal(path, folder)) {
			*is_dir = true;
			return true;
		}
		if (path.n <= folder.n || path.p[folder.n] != '/' ||
		    !text_equal(text_first(path, folder.n), folder))
			return false;
		path = text_from(path, folder.n + 1);
	}
	if (view_find(p->view, path, &found) != 1)
		return false;
	*is_dir = found.entry == NULL || found.entry->type == ENTRY_DIR;
	return true;
}

static int
prune_name(struct pruning *p, int dir_fd, const char *dir, const char *name,
           struct error *err)
{
	auto_free char *path = *dir == '\0' ? mem_copy(name)
	                                    : mem_print("%s/%s", dir, name);
	bool is_dir = false;

	for (size_t i = 0; i < p->n; i++) {
		if (!is_of_part(&p->parts[i], text_of(path), &is_dir))
			continue;
		if (is_dir)
			array_push(&p->dirs, take(path));
		return 0;
	}
	return file_remove_tree(dir_fd, name, err);
}

static int
prune_dir(struct pruning *p, int root_fd, const char *path, struct error *err)
{
	auto_listing struct listing list =
	        listing_take(inroot_open_nolinks(root_fd, *path == '\0' ? "." : path,
	                                         O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0));
	const char *name = NULL;

	while ((name = listing_next(&list)) != NULL)
		if (cancel_check(p->cancel, err) < 0 ||
		    prune_name(p, listing_fd(&list), path, name, err) < 0)
			return -1;
	if (!listing_failed(&list))
		return 0;
	/* A directory that is something else by now has been replaced, or will be. */
	if (errno == ENOTDIR || errno == ELOOP || errno == ENOENT)
		return 0;
	return error_sys(err, "list %s", path);
}

int
view_prune_dir(const struct view_part *parts, size_t n, int dir_fd,
               const struct cancel *cancel, struct error *err)
{
	struct pruning p = { .parts = parts, .n = n, .cancel = cancel };
	int failed = prune_dir(&p, dir_fd, "", err);

	while (p.dirs.n > 0) {
		auto_free char *path = p.dirs.at[--p.dirs.n];

		if (failed == 0)
			failed = prune_dir(&p, dir_fd, path, err);
	}
	array_clear(&p.dirs);
	return failed;
}
