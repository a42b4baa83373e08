/*
 * Damage in the store is found when a file is read completely. The file is removed, and
 * fetched or made again from other forms.
 */
#include <string.h>

#include "base/event.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/blob.h"
#include "layers/compress_stream.h"
#include "layers/layer_state.h"
#include "layers/pour_tree.h"
#include "layers/store_state.h"

/* ------------------------------------------------------------ fetching */

/* The bytes that a reader got from one source cannot be continued from another. */
int
layer_fetch(struct layer *l, struct growing_blob *reader, struct error *err)
{
	for (size_t i = 0; i < l->sources.n; i++) {
		const struct layer_source *source = &l->sources.at[i];
		auto_error struct error fault = ERROR_INIT;

		if (source->fetch(source->arg, &l->blob, i == 0 ? reader : NULL,
		                  &fault) == 0) {
			error_clear(err);
			return 0;
		}
		if (fault.code == ERR_CANCELLED || i + 1 == l->sources.n) {
			error_move(err, &fault);
			return -1;
		}
		event_warn_error(0, &fault, "layer %.12s is fetched from elsewhere",
		                 l->id);
	}
	return error_set(err, ERR_SOURCE, "layer %.12s is not in the store", l->id);
}

/* ------------------------------------------------------------ repairing */

/* True if D is in the store and matches its digest; false if it cannot be read. */
static bool
is_intact(struct layer *l, const struct digest *d, const struct cancel *cancel)
{
	auto_error struct error ignored = ERROR_INIT;

	return blob_check(l->store, d, cancel, &ignored) > 0;
}

bool
layer_repair(struct layer *l, bool fetched, const struct cancel *cancel)
{
	bool pulled = layer_blob(l) != NULL, better = false;

	if (pulled && is_intact(l, &l->blob.digest, cancel)) {
		better = fetched;
	} else if (pulled) {
		layer_remove_forms(l, LAYER_BLOB);
		/* A download that failed just now is not tried again. */
		better = l->sources.n > 0 && !fetched;
	}
	if (layer_has(l, LAYER_TAR) && !is_intact(l, &l->diffid, cancel)) {
		layer_remove_forms(l, LAYER_TAR);
		better = better || pulled || layer_has(l, LAYER_DIR);
	}
	return better && !cancel_is_set(cancel);
}

/* ------------------------------------------------------------ comparing */

int
layer_check_blob(struct layer *l, const struct cancel *cancel, struct error *err)
{
	int sound = blob_check(l->store, &l->blob.digest, cancel, err);

	if (sound == 0)
		layer_remove_forms(l, digest_equal(&l->blob.digest, &l->diffid)
		                              ? LAYER_BLOB | LAYER_TAR
		                              : LAYER_BLOB);
	return sound < 0 ? -1 : 0;
}

static int
add_to_hasher(void *arg, const void *bytes, size_t n, struct error *err)
{
	(void)err;
	hasher_add(arg, bytes, n);
	return 0;
}

/* The tar of L's directory gives DIFFID. */
static int
dir_fits(struct layer *l, const struct digest *diffid, const struct cancel *cancel,
         struct error *err)
{
	auto_free char *space = mem_resize(NULL, POUR_SPACE, 1);
	auto_hasher struct hasher *hasher = hasher_new(DIGEST_SHA256);
	auto_tar_writer struct tar_writer *writer = tar_writer_new(add_to_hasher, hasher);
	struct pour pour = {
		.tar = writer, .space = space, .cancel = cancel, .epoch = -1
	};
	const struct tree *tree = layer_tree(l, err);
	struct digest found;

	if (tree == NULL || pour_tree(&pour, l, tree, err) < 0 ||
	    pour_end(&pour, err) < 0)
		return -1;
	found = hasher_end(hasher);
	if (digest_equal(&found, diffid))
		return 0;
	return error_set(err, ERR_DAMAGED, "its files in the store are damaged");
}

/* Files that are gone or shorter are damage as well. */
static bool
is_damage(const struct error *err)
{
	return err->code == ERR_DAMAGED || err->code == ERR_SOURCE || err->sys == ENOENT;
}

int
layer_blame_dir(struct layer *l, struct error *err)
{
	if (!is_damage(err))
		return -1;
	layer_lose_dir(l);
	err->code = ERR_DAMAGED;
	return error_wrap(err, "its files in the store are damaged");
}

/* A directory that does not match is useless. Its tar, if there is one, does match. */
static int
verify_dir(struct layer *l, const struct digest *diffid, const struct cancel *cancel,
           struct error *err)
{
	if (dir_fits(l, diffid, cancel, err) == 0) {
		layer_add_checked(l, LAYER_DIR);
		return 0;
	}
	if (!is_damage(err))
		return -1;
	layer_lose_dir(l);
	if (!layer_has(l, LAYER_TAR))
		return error_wrap(err, "layer %.12s", l->id);
	event_warn_error(0, err, "layer %.12s: unpacked again", l->id);
	return 0;
}

static bool
is_checked(const struct layer *l, unsigned form)
{
	struct layer *locked = (struct layer *)(uintptr_t)l;
	bool checked;

	pthread_mutex_lock(&locked->lock);
	checked = (l->checked & form) != 0;
	pthread_mutex_unlock(&locked->lock);
	return checked;
}

int
layer_verify_tar(struct layer *l, const struct cancel *cancel, struct error *err)
{
	struct digest diffid;

	if (!layer_diffid(l, &diffid) || is_checked(l, LAYER_TAR))
		return 0;
	switch (blob_check(l->store, &diffid, cancel, err)) {
	case 1:
		layer_add_checked(l, LAYER_TAR);
		return 0;
	case 0:
		layer_remove_forms(l, LAYER_TAR);
		return layer_make(l, LAYER_TAR, cancel, err);
	default:
		return -1;
	}
}

int
layer_verify(struct layer *l, const struct cancel *cancel, struct error *err)
{
	struct digest diffid;

	if (l->source != NULL || !layer_diffid(l, &diffid))
		return 0;
	/* The directory of a pulled layer does not say what its tar was. */
	if (layer_has(l, LAYER_DIR) && layer_blob(l) == NULL &&
	    !is_checked(l, LAYER_DIR) && verify_dir(l, &diffid, cancel, err) < 0)
		return -1;
	if (layer_has(l, LAYER_DIR) || !layer_has(l, LAYER_TAR))
		return 0;
	return layer_verify_tar(l, cancel, err);
}

/* ------------------------------------------------------------ once more */

static int
make_blob_again(struct layer *l, const struct compressor *c,
                const struct descriptor *blob, const struct cancel *cancel,
                struct error *err)
{
	auto_descriptor struct descriptor made = DESCRIPTOR_INIT;
	const struct descriptor *pulled = layer_blob(l);
	char text[DIGEST_TEXT_MAX];

	if (pulled != NULL && digest_equal(&pulled->digest, &blob->digest)) {
		layer_remove_forms(l, LAYER_BLOB);
		return layer_make(l, LAYER_BLOB, cancel, err);
	}
	if (layer_compress(l, c, pulled != NULL, cancel, &made, err) < 0)
		return -1;
	if (digest_equal(&made.digest, &blob->digest))
		return 0;
	return error_set(err, ERR_DAMAGED, "blob %s cannot be made again",
	                 digest_text(&blob->digest, text));
}

int
layer_remake(struct layer *l, const struct compressor *c, const struct descriptor *blob,
             const struct cancel *cancel, struct error *err)
{
	struct digest diffid;

	blob_drop(l->store, &blob->digest);
	if (layer_diffid(l, &diffid) && digest_equal(&diffid, &blob->digest))
		layer_remove_forms(l, LAYER_TAR);
	return make_blob_again(l, c, blob, cancel, err);
}
