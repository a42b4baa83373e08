#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/blob.h"
#include "layers/diff_upper.h"
#include "layers/layer_state.h"
#include "layers/pour.h"
#include "layers/store.h"
#include "layers/store_state.h"
#include "layers/tar_header.h"
#include "layers/tree_file.h"
#include "layers/view_state.h"

enum { RANDOM_ID = 32 };

/* A layer while it is made. */
struct birth {
	struct store *store;
	const struct layer_options *options;
	unsigned forms;
	char *tmp; /* becomes layers/ID; NULL: no directory */
	int tmp_fd, diff_fd;
	struct tree_writer *index;
	struct unpacker *unpacker;
	struct part *part;
	struct tar_writer *writer;
	struct digest diffid;
	uint64_t tar_size;
	bool own_id; /* never that of the diffID */
};

static void
birth_clear(struct birth *b)
{
	tar_writer_free(b->writer);
	part_drop(b->part);
	unpack_free(b->unpacker);
	tree_writer_free(b->index);
	own_close(&b->diff_fd);
	own_close(&b->tmp_fd);
	if (b->tmp != NULL)
		store_trash(b->store, b->tmp);
	free(b->tmp);
}
#define auto_birth __attribute__((cleanup(birth_clear)))

static int
open_tmp(struct birth *b, struct error *err)
{
	b->tmp = store_tmp_dir(b->store, &b->tmp_fd, err);
	return b->tmp == NULL ? -1 : 0;
}

static int
open_dir(struct birth *b, struct error *err)
{
	const char *name = store_dir_name(b->store);

	if (open_tmp(b, err) < 0)
		return -1;
	if (mkdirat(b->tmp_fd, name, 0755) < 0)
		return error_sys(err, "make %s/%s", b->tmp, name);
	b->diff_fd = file_open_dir(b->tmp_fd, name, err);
	if (b->diff_fd < 0)
		return -1;
	b->unpacker = unpack_new(b->diff_fd, UNPACK_OVERLAY | UNPACK_OWNERS, err);
	return b->unpacker == NULL ? -1 : 0;
}

static int
new_layer_sink(void *arg, const void *bytes, size_t n, struct error *err)
{
	return part_write(arg, bytes, n, err);
}

static int
open_tar(struct birth *b, struct error *err)
{
	b->part = part_new(b->store, err);
	if (b->part == NULL)
		return -1;
	b->writer = tar_writer_new(new_layer_sink, b->part);
	return 0;
}

static int
pour_all(struct birth *b, const struct change_list *changes, struct error *err)
{
	auto_free char *space = mem_resize(NULL, POUR_SPACE, 1);
	struct pour pour = {
		.space = space,
		.dir = b->unpacker,
		.tar = b->writer,
		.cancel = b->options->cancel,
		.epoch = b->options->epoch,
		.any_name = b->options->is_mount,
	};

	pour.index = b->index = tree_writer_new(b->store, err);
	if (b->index == NULL)
		return -1;
	if (pour_changes(&pour, changes, err) < 0 || pour_end(&pour, err) < 0)
		return -1;
	if (b->part == NULL)
		return 0;
	b->tar_size = part_size(b->part);
	return part_keep(take(b->part), NULL, &b->diffid, err);
}

static void
choose_id(const struct birth *b, char id[DIGEST_HEX_MAX])
{
	if (digest_known(&b->diffid) && !b->own_id)
		digest_hex(&b->diffid, id);
	else
		file_random_name(id, RANDOM_ID);
}

/* A pulled layer that could not be fetched again, but came out the same when it was made
 * here. From now on it counts as made here. */
static void
forget_lost_blob(struct layer *l)
{
	pthread_mutex_lock(&l->lock);
	if (l->lost) {
		descriptor_clear(&l->blob);
		array_clear(&l->sources);
		l->forms &= ~(unsigned)LAYER_BLOB;
	}
	pthread_mutex_unlock(&l->lock);
}

/* Everything is complete: the index gets its name, then the directory. The index is read
 * back when it is needed. */
static struct layer *
settle(struct birth *b, struct error *err)
{
	char id[DIGEST_HEX_MAX];
	struct layer *l;
	unsigned forms = 0;

	choose_id(b, id);
	if (tree_writer_keep(take(b->index), id, err) < 0) {
		error_wrap(err, "index of layer %s", id);
		return NULL;
	}
	l = layer_get(b->store, id);
	if (digest_known(&b->diffid)) {
		pthread_mutex_lock(&l->lock);
		l->diffid = b->diffid;
		l->tar_size = b->tar_size;
		pthread_mutex_unlock(&l->lock);
		forms |= LAYER_TAR;
	}
	if (b->tmp != NULL) {
		if (layer_write_info(l, b->tmp, err) < 0 ||
		    layer_publish_dir(l, b->tmp, err) < 0)
			return NULL;
		free(take(b->tmp));
		forms |= LAYER_DIR;
	}
	forget_lost_blob(l);
	layer_add_forms(l, forms, NULL);
	layer_add_checked(l, forms);
	return l;
}

struct layer *
layer_from_change_list(struct store *st, const struct change_list *changes,
                       const struct layer_options *options, struct error *err)
{
	auto_birth struct birth b = {
		.store = st, .options = options, .tmp_fd = -1, .diff_fd = -1
	};

	/* At least one form must be made; the tar needs only one file. */
	b.forms = options->forms & (LAYER_DIR | LAYER_TAR);
	if (b.forms == 0)
		b.forms = LAYER_TAR;
	if ((b.forms & LAYER_DIR) != 0 && open_dir(&b, err) < 0)
		return NULL;
	if ((b.forms & LAYER_TAR) != 0 && open_tar(&b, err) < 0)
		return NULL;
	if (pour_all(&b, changes, err) < 0)
		return NULL;
	return settle(&b, err);
}

struct layer *
layer_from_changes(struct store *st, const struct change *changes, size_t n,
                   const struct layer_options *options, struct error *err)
{
	struct change_list list = pour_list(changes, n);

	return layer_from_change_list(st, &list, options, err);
}

/* Moves UPPER to where it becomes the layer's directory. */
static int
adopt_upper(struct birth *b, const char *upper, struct error *err)
{
	if (open_tmp(b, err) < 0)
		return -1;
	if (renameat(AT_FDCWD, upper, b->tmp_fd, store_dir_name(b->store)) < 0)
		return error_sys(err, "rename %s", upper);
	return 0;
}

static bool
is_empty(int dir_fd)
{
	auto_listing struct listing list = listing_open(dir_fd, ".");

	return listing_next(&list) == NULL && !listing_failed(&list);
}

/* Often nothing was changed. Then the indexes of the lower layers, which may be large,
 * are not needed. */
static int
find_changes(const struct birth *b, const char *upper, struct layer *const *lowers,
             size_t n_lowers, struct diff *out, struct error *err)
{
	auto_view struct view *view = NULL;

	if (is_empty(b->diff_fd)) {
		out->arena = arena_new();
		return 0;
	}
	view = view_new(lowers, n_lowers, err);
	if (view == NULL)
		return -1;
	return diff_upper(b->diff_fd, view, owner_marks_count(upper), b->options->epoch,
	                  out, b->options->cancel, err);
}

/* The layer without entries is made once per store, because many steps change nothing. */
static struct layer *
empty_layer(struct store *st, const struct layer_options *options, struct error *err)
{
	static const char zeros[2 * TAR_BLOCK];
	const struct digest diffid = digest_of(zeros, sizeof zeros);
	struct layer_options whole = *options;
	char id[DIGEST_HEX_MAX];
	struct layer *l = NULL;

	whole.forms = LAYER_TAR;
	digest_hex(&diffid, id);
	if (layer_find(st, id, &l, err) < 0)
		return NULL;
	return l != NULL ? l : layer_from_changes(st, NULL, 0, &whole, err);
}

struct layer *
layer_from_upper(struct store *st, const char *upper, struct layer *const *lowers,
                 size_t n_lowers, const struct layer_options *options, struct error *err)
{
	auto_birth struct birth b = { .store = st,
		                      .options = options,
		                      .tmp_fd = -1,
		                      .diff_fd = -1,
		                      .own_id = true };
	auto_diff struct diff diff = DIFF_INIT;

	b.diff_fd = file_open_dir(AT_FDCWD, upper, err);
	if (b.diff_fd < 0 || find_changes(&b, upper, lowers, n_lowers, &diff, err) < 0)
		return NULL;
	if (diff.changes.n == 0)
		return empty_layer(st, options, err);
	if (adopt_upper(&b, upper, err) < 0)
		return NULL;
	if ((options->forms & LAYER_TAR) != 0 && open_tar(&b, err) < 0)
		return NULL;
	if (pour_all(&b, &diff.changes, err) < 0)
		return NULL;
	return settle(&b, err);
}
