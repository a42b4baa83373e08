#include "layers/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/count.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "base/listing.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/path.h"
#include "layers/layer_state.h"
#include "layers/owner_notes.h"
#include "layers/store_owner.h"
#include "layers/store_recover.h"
#include "layers/store_state.h"
#include "layers/tags_index.h"

#define LAYOUT_TEXT "{\"imageLayoutVersion\":\"1.0.0\"}"
#define ROOTS_STORE "/var/lib/cooper"

enum { LAYOUT_MAX = 4096 };

/* ------------------------------------------------------------ where */

/* Being uid 0 is not enough: in a user namespace of our own everybody is. There
 * the machine's directories belong to nobody. A small system may lack the first ones. */
static bool
is_root(void)
{
	static const char *const above[] = { "/var/lib", "/var", "/" };
	struct stat sb;

	if (geteuid() != 0)
		return false;
	for (size_t i = 0; i < COUNT_OF(above); i++)
		if (stat(above[i], &sb) == 0)
			return sb.st_uid == 0;
	return false;
}

static char *
default_path(struct error *err)
{
	const char *root = getenv("COOPER_ROOT"), *data = getenv("XDG_DATA_HOME"),
	           *home = getenv("HOME");

	if (root != NULL && *root != '\0')
		return mem_copy(root);
	if (is_root())
		return mem_copy(ROOTS_STORE);
	if (data != NULL && *data == '/')
		return mem_print("%s/cooper", data);
	if (home != NULL && *home == '/')
		return mem_print("%s/.local/share/cooper", home);
	error_set(err, ERR_ENVIRONMENT, "no place for the store: HOME is not set");
	error_hint(err, "set COOPER_ROOT to a directory of yours");
	return NULL;
}

/* ------------------------------------------------------------ the layout */

/* The directory must be empty; anything in it belongs to somebody else. Leftovers of an
 * unfinished store, and entries that a file system makes itself, do not count. */
static int
check_empty(const struct store *st, struct error *err)
{
	auto_listing struct listing list = listing_open(st->fd, ".");
	const char *name = NULL;

	while ((name = listing_next(&list)) != NULL) {
		if (strcmp(name, "lost+found") == 0 ||
		    text_starts(text_of(name), ".tmp-"))
			continue;
		error_set(err, ERR_USAGE,
		          "%s is not a store: it holds %s, but no oci-layout", st->path,
		          name);
		return error_hint(err,
		                  "name an empty directory, or one that does not exist, "
		                  "with --root or COOPER_ROOT");
	}
	return listing_failed(&list) ? error_sys(err, "list %s", st->path) : 0;
}

/* After a crash, the file may be truncated or filled with zeros. */
static bool
is_half_written(struct text layout)
{
	for (size_t i = 0; i < layout.n; i++)
		if (i >= strlen(LAYOUT_TEXT) ||
		    (layout.p[i] != '\0' && layout.p[i] != LAYOUT_TEXT[i]))
			return false;
	return layout.n < strlen(LAYOUT_TEXT) || layout.p[0] == '\0';
}

/* It has the directories of a store, so its oci-layout is damaged. */
static bool
is_ours(const struct store *st)
{
	static const char *const ours[] = { "blobs/sha256", "layers", "trees", "steps" };

	for (size_t i = 0; i < COUNT_OF(ours); i++)
		if (faccessat(st->fd, ours[i], F_OK, 0) < 0)
			return false;
	return true;
}

/* 1 if we know the version, 0 if there is none, -1 if it is another one. */
static int
check_version(const struct store *st, struct text layout, struct error *err)
{
	auto_free char *where = mem_print("%s/oci-layout", st->path);
	auto_json json_t *json = jsonio_parse(layout, where, err);
	const char *version = NULL;

	if (json == NULL || !json_is_object(json) ||
	    jsonio_str(json, "imageLayoutVersion", &version, where, err) <= 0) {
		if (is_ours(st)) {
			error_clear(err);
			return 0;
		}
		return err->code != ERR_NONE
		               ? -1
		               : error_set(err, ERR_DAMAGED,
		                           "%s: no version of image layouts", where);
	}
	if (strncmp(version, "1.", 2) != 0)
		return error_set(err, ERR_DAMAGED, "%s: version %s of image layouts",
		                 st->path, version);
	return 1;
}

static int
make_dirs(const struct store *st, struct error *err)
{
	static const struct {
		const char *name;
		mode_t mode;
	} dirs[] = {
		{ "blobs", 0755 },     { "blobs/sha256", 0755 }, { "layers", 0700 },
		{ "trees", 0700 },     { "steps", 0700 },        { "contexts", 0700 },
		{ "mounts", 0700 },    { "compressed", 0700 },   { "members", 0700 },
		{ "seen", 0700 },      { "refs", 0700 },         { "failed", 0700 },
		{ "checkouts", 0700 }, { "plain", 0700 },        { "tmp", 0700 },
	};

	for (size_t i = 0; i < COUNT_OF(dirs); i++)
		if (mkdirat(st->fd, dirs[i].name, dirs[i].mode) < 0 && errno != EEXIST)
			return error_sys(err, "create directory %s", dirs[i].name);
	return 0;
}

static int
write_version(const struct store *st, struct error *err)
{
	return file_replace(st->fd, "oci-layout", LAYOUT_TEXT, strlen(LAYOUT_TEXT), 0644,
	                    err);
}

/* 1 if oci-layout is fine, 0 if it must be written, -1. */
static int
check_layout(struct store *st, struct error *err)
{
	auto_buf struct buf layout = BUF_INIT;
	int found = file_read(st->fd, "oci-layout", LAYOUT_MAX, &layout, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return is_ours(st) ? 0 : check_empty(st, err);
	return is_half_written(buf_text(&layout))
	               ? 0
	               : check_version(st, buf_text(&layout), err);
}

/* oci-layout is written first, so that an unfinished store is still taken for a store. */
static int
make_layout(struct store *st, struct error *err)
{
	int sound = check_layout(st, err);

	if (sound < 0 || (sound == 0 && write_version(st, err) < 0))
		return -1;
	return make_dirs(st, err) < 0 ? -1 : tags_make_index(st, err);
}

/* ------------------------------------------------------------ open, close */

static int
open_root(struct store *st, const char *path, struct error *err)
{
	auto_free char *real = NULL;
	auto_free char *above = NULL;
	struct text dir = path_dir(text_of(path));

	/* Only the store itself is private. */
	above = text_copy(dir);
	if (*above != '\0' && file_make_dirs(AT_FDCWD, above, 0, err) < 0)
		return -1;
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_sys(err, "create directory %s", path);
	st->fd = file_open_dir(AT_FDCWD, path, err);
	if (st->fd < 0)
		return -1;
	real = realpath(path, NULL);
	if (real == NULL)
		return error_sys(err, "find %s", path);
	st->path = take(real);
	return 0;
}

static const char *
choose_dir_name(void)
{
	switch (owner_form()) {
	case OWNER_FORM_MARKS:
		return "diff-single";
	case OWNER_FORM_NOTES:
		return "diff-notes";
	default:
		return "diff";
	}
}

static int
open_all(struct store *st, const char *path, struct error *err)
{
	struct timespec now;

	st->dir_name = choose_dir_name();
	/* The clock that files get their times from. */
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	st->opened_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	if (open_root(st, path, err) < 0)
		return -1;
	if (store_check_owner(st->fd, st->path, err) < 0)
		return -1;
	st->scratch = scratch_new(st->fd);
	st->layers = layer_table_new();
	if (make_layout(st, err) < 0)
		return -1;
	scratch_sweep(st->scratch);
	return store_recover(st, err);
}

struct store *
store_open(const char *path, struct error *err)
{
	struct store *st = mem_new(sizeof *st);
	auto_free char *where = path != NULL ? mem_copy(path) : default_path(err);

	st->fd = -1;
	if (where != NULL && open_all(st, where, err) == 0)
		return st;
	if (where != NULL) {
		error_wrap(err, "store %s", where);
		error_named(err, ERR_USAGE);
		if (err->sys != 0)
			error_hint(err, "name another place with --root or COOPER_ROOT");
	}
	store_close(st);
	return NULL;
}

void
store_close(struct store *st)
{
	if (st == NULL)
		return;
	layer_table_free(st->layers);
	scratch_free(st->scratch);
	store_alive(st);
	own_close(&st->fd);
	free(st->path);
	free(st);
}
