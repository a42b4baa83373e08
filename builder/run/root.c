#include "builder/run/root.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/path.h"
#include "layers/changes.h"
#include "layers/store.h"
#include "layers/view.h"

void
root_clear(struct root *root)
{
	for (size_t i = 0; i < root->fds.n; i++)
		close(root->fds.at[i]);
	for (size_t i = 0; i < root->dirs.n; i++) {
		store_trash(root->store, root->dirs.at[i]);
		free(root->dirs.at[i]);
	}
	for (size_t i = 0; i < root->texts.n; i++)
		free(root->texts.at[i]);
	if (root->tmp != NULL)
		store_trash(root->store, root->tmp);
	array_clear(&root->fds);
	array_clear(&root->dirs);
	array_clear(&root->texts);
	array_clear(&root->mounts);
	lowers_clear(&root->lowers);
	user_ids_clear(&root->user);
	free(root->tmp);
	free(root->upper);
	free(root->work);
}

static char *
own(struct root *root, char *text)
{
	array_push(&root->texts, text);
	return text;
}

static struct sandbox_mount *
add_mount(struct root *root, enum sandbox_mount_kind kind, struct text target)
{
	char *path = own(root, path_clean_abs(target));
	struct sandbox_mount *m = array_add(&root->mounts);

	m->kind = kind;
	m->target = path;
	m->source_fd = -1;
	m->source = "";
	return m;
}

/* ------------------------------------------------------------ mounts */

/* A device would be opened by whoever opens the file, a named pipe has nobody to wait
 * for. */
static int
check_kind(const char *path, int fd, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(err, "%s", path);
	if (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode))
		return 0;
	return error_set(err, ERR_SOURCE,
	                 "%s: neither a directory nor a file nor a socket", path);
}

static int
add_bind(struct root *root, const struct run_mount *want, struct error *err)
{
	auto_free char *path = text_copy(want->source);
	int fd = open(path, O_PATH | O_CLOEXEC);
	struct sandbox_mount *m = NULL;

	if (fd < 0) {
		error_sys(err, "mount %s", path);
		return error_named(err, ERR_SOURCE);
	}
	array_push(&root->fds, fd);
	if (check_kind(path, fd, err) < 0)
		return error_wrap(err, "mount");
	m = add_mount(root, SANDBOX_BIND, want->target);
	m->source_fd = fd;
	m->is_foreign = true;
	m->readonly = want->readonly;
	return 0;
}

static int
add_empty(struct root *root, struct text target, bool readonly, struct error *err)
{
	struct sandbox_mount *m = NULL;
	int fd = -1;
	char *dir = store_tmp_dir(root->store, &fd, err);

	if (dir == NULL)
		return -1;
	array_push(&root->dirs, dir);
	array_push(&root->fds, fd);
	if (fchmod(fd, 0755) < 0)
		return error_sys(err, "%s", dir);
	m = add_mount(root, SANDBOX_BIND, target);
	m->source_fd = fd;
	m->readonly = readonly;
	return 0;
}

static int
add_wanted(struct root *root, const struct run_mount *want, struct error *err)
{
	struct sandbox_mount *m = NULL;

	switch (want->kind) {
	case RUN_MOUNT_BIND:
		return add_bind(root, want, err);
	case RUN_MOUNT_EMPTY:
		return add_empty(root, want->target, want->readonly, err);
	case RUN_MOUNT_TMPFS:
		m = add_mount(root, SANDBOX_TMPFS, want->target);
		m->size = want->size;
		m->mode = want->mode;
		m->readonly = want->readonly;
		return 0;
	}
	return error_set(err, ERR_INTERNAL, "unknown kind of mount");
}

/* ------------------------------------------------------------ VOLUME */

static bool
is_mounted(const struct run_request *r, const char *target)
{
	for (size_t i = 0; i < r->mounts.n; i++) {
		auto_free char *have = path_clean_abs(r->mounts.at[i].target);

		if (strcmp(have, target) == 0)
			return true;
	}
	return false;
}

/* The upper is new for every run, so a directory of the image is a volume already; only
 * a root that is read-only needs a mount there. */
static int
add_volume(struct root *root, const struct run_request *r, const struct view *view,
           const char *target, struct error *err)
{
	auto_free char *path = NULL;
	struct view_entry e = { 0 };
	struct sandbox_mount *m = NULL;
	int found = 0;

	if (view_resolve(view, text_of(target + 1), &path, err) < 0)
		return error_wrap(err, "VOLUME %s", target);
	found = view_find(view, text_of(path), &e);
	if (found <= 0)
		return found < 0 ? error_set(err, ERR_DAMAGED, "VOLUME %s", target)
		                 : add_empty(root, text_of(target), false, err);
	if (e.entry != NULL && e.entry->type != ENTRY_DIR)
		return error_set(err, ERR_SOURCE,
		                 "VOLUME %s: not a directory in the image", target);
	if (!r->readonly_root)
		return 0;
	m = add_mount(root, SANDBOX_OVERLAY, text_of(target));
	m->lowers = root->lowers.list.at;
	m->n_lowers = root->lowers.list.n;
	m->source = own(root, mem_copy(path));
	return 0;
}

/* Before the mounts of the command line, which may be inside of them. */
static int
add_volumes(struct root *root, const struct run_request *r, const struct config *config,
            const struct view *view, struct error *err)
{
	for (size_t i = 0; i < config->volumes.n; i++) {
		auto_free char *target = path_clean_abs(config->volumes.at[i]);

		if (target[1] != '\0' && !is_mounted(r, target) &&
		    add_volume(root, r, view, target, err) < 0)
			return -1;
	}
	return 0;
}

/* ------------------------------------------------------------ all */

static int
make_directories(struct root *root, struct error *err)
{
	root->tmp = store_tmp_dir(root->store, NULL, err);
	if (root->tmp == NULL)
		return -1;
	root->upper = mem_print("%s/upper", root->tmp);
	root->work = mem_print("%s/work", root->tmp);
	if (mkdir(root->upper, 0755) < 0 || mkdir(root->work, 0755) < 0 ||
	    chmod(root->upper, 0755) < 0)
		return error_sys(err, "make %s", root->upper);
	return 0;
}

int
root_prepare(struct root *out, const struct run_request *r, struct store *store,
             const struct source_image *image, const struct cancel *cancel,
             struct error *err)
{
	const struct config *config = &image->base.config;
	const struct text user = r->user.p != NULL ? r->user : config->user;
	struct view *view = NULL;
	int failed = 0;

	out->store = store;
	if (layers_lowers(store, image->layers.at, image->layers.n, cancel, &out->lowers,
	                  err) < 0)
		return -1;
	view = view_new(image->layers.at, image->layers.n, err);
	if (view == NULL)
		return -1;
	failed = user_find(view, user, true, &out->user, err);
	if (failed == 0)
		failed = add_volumes(out, r, config, view, err);
	view_free(view);
	for (size_t i = 0; failed == 0 && i < r->mounts.n; i++)
		failed = add_wanted(out, &r->mounts.at[i], err);
	return failed < 0 ? -1 : make_directories(out, err);
}
