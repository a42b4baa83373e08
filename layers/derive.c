#include "layers/derive.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/blob.h"
#include "layers/blob_stream.h"
#include "layers/pour_tree.h"
#include "layers/store.h"
#include "layers/store_state.h"
#include "layers/tar_read.h"
#include "layers/tree_file.h"
#include "layers/tree_maker.h"
#include "layers/unpack.h"

enum {
	TRIES = 3, /* a tar and a blob may both be damaged */
	REST = 64 * 1024,
};

/* ------------------------------------------------------------ what comes out */

/* Forms being made: either all of them are published or none. */
struct outcome {
	unsigned wanted;
	struct tree_maker *maker;
	struct unpacker *unpacker;
	char *tmp; /* directory that becomes layers/ID */
	int diff_fd;
};

static void
outcome_clear(struct layer *l, struct outcome *o)
{
	tree_maker_free(o->maker);
	unpack_free(o->unpacker);
	own_close(&o->diff_fd);
	if (o->tmp != NULL)
		store_trash(l->store, o->tmp);
	free(o->tmp);
	*o = (struct outcome){ .diff_fd = -1 };
}

static int
outcome_open(struct layer *l, unsigned wanted, struct outcome *o, struct error *err)
{
	auto_fd int tmp_fd = -1;
	const char *name = store_dir_name(l->store);

	*o = (struct outcome){ .wanted = wanted, .diff_fd = -1 };
	/* The index is always made, because it refuses dangling hard links and similar
	 * faults. */
	o->maker = tree_maker_new();
	if (!(wanted & LAYER_DIR))
		return 0;
	o->tmp = store_tmp_dir(l->store, &tmp_fd, err);
	if (o->tmp == NULL)
		return -1;
	if (mkdirat(tmp_fd, name, 0755) < 0)
		return error_sys(err, "make %s/%s", o->tmp, name);
	o->diff_fd = file_open_dir(tmp_fd, name, err);
	if (o->diff_fd < 0)
		return -1;
	o->unpacker = unpack_new(o->diff_fd, UNPACK_OVERLAY | UNPACK_OWNERS, err);
	return o->unpacker == NULL ? -1 : 0;
}

static struct pour
outcome_pour(const struct outcome *o, const struct cancel *cancel)
{
	return (struct pour){
		.tree = o->maker, .dir = o->unpacker, .cancel = cancel, .epoch = -1
	};
}

/* A tree file that cannot be written is made again next time. */
static void
keep_tree(struct layer *l, const struct tree *t)
{
	auto_error struct error err = ERROR_INIT;

	if (tree_file_write(l->store, l->id, t, &err) < 0)
		event_warn_error(0, &err, "index of layer %s", l->id);
}

static int
outcome_publish(struct layer *l, struct outcome *o, struct error *err)
{
	auto_tree struct tree *t = tree_maker_end(take(o->maker), err);

	if (t == NULL)
		return -1;
	if (o->tmp != NULL) {
		if (layer_write_info(l, o->tmp, err) < 0 ||
		    layer_publish_dir(l, o->tmp, err) < 0)
			return -1;
		free(take(o->tmp));
	}
	if (!layer_has(l, LAYER_TREE))
		keep_tree(l, t);
	layer_add_forms(l, o->wanted & LAYER_DIR, take(t));
	layer_add_checked(l, o->wanted & LAYER_DIR);
	return 0;
}

/* ------------------------------------------------------------ from a tar */

/* A directory is only made from a tar that was compared with its diffID. If only the
 * index is wanted, the files are not read. */
struct tar_file {
	int fd;
	uint64_t at, size;
	struct hasher *hasher; /* NULL: not compared */
};

static ssize_t
tar_file_read(void *arg, void *bytes, size_t n, struct error *err)
{
	struct tar_file *f = arg;
	ssize_t got;

	do
		got = pread(f->fd, bytes, n, (off_t)f->at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_sys(err, "read a layer's tar");
	if (f->hasher != NULL)
		hasher_add(f->hasher, bytes, (size_t)got);
	f->at += (uint64_t)got;
	return got;
}

static int
tar_file_skip(void *arg, uint64_t n, struct error *err)
{
	struct tar_file *f = arg;

	if (n > f->size - f->at)
		return error_set(err, ERR_DAMAGED, "tar archive: truncated");
	f->at += n;
	return 0;
}

/* Reads the rest, and compares. */
static int
tar_file_check(struct tar_file *f, const struct digest *diffid, struct error *err)
{
	auto_free char *rest = mem_resize(NULL, REST, 1);
	struct digest found;
	ssize_t n;

	if (f->hasher == NULL)
		return 0;
	while ((n = tar_file_read(f, rest, REST, err)) > 0)
		continue;
	if (n < 0)
		return -1;
	found = hasher_end(f->hasher);
	return digest_equal(&found, diffid)
	               ? 0
	               : error_set(err, ERR_DAMAGED, "its tar in the store is damaged");
}

static int
from_tar(struct layer *l, struct outcome *o, const struct cancel *cancel,
         struct error *err)
{
	bool whole = o->unpacker != NULL;
	auto_hasher struct hasher *hasher = whole ? hasher_new(DIGEST_SHA256) : NULL;
	struct tar_file file = { .fd = layer_tar_fd(l, err),
		                 .size = l->tar_size,
		                 .hasher = hasher };
	struct tar_source source = { tar_file_read, whole ? NULL : tar_file_skip, &file };
	auto_tar_reader struct tar_reader *reader = NULL;
	struct pour pour = outcome_pour(o, cancel);

	if (file.fd < 0)
		return -1;
	reader = tar_reader_new(source, TAR_NAMES_REFUSE);
	if (pour_tar(&pour, reader, err) < 0 || pour_end(&pour, err) < 0 ||
	    tar_file_check(&file, &l->diffid, err) < 0)
		return -1;
	return outcome_publish(l, o, err);
}

/* ------------------------------------------------------------ from a blob */

static int
pour_blob(struct layer *l, struct blob_stream *stream, const struct pour *pour,
          struct error *err)
{
	struct tar_source source = { blob_stream_read, NULL, stream };
	auto_tar_reader struct tar_reader *reader = tar_reader_new(source,
	                                                           TAR_NAMES_REFUSE);
	uint64_t size = 0;

	if (pour_tar(pour, reader, err) < 0 || pour_end(pour, err) < 0 ||
	    blob_stream_end(stream, &size, err) < 0) {
		blob_stream_blame(stream, err);
		return -1;
	}
	pthread_mutex_lock(&l->lock);
	l->tar_size = size;
	pthread_mutex_unlock(&l->lock);
	return 0;
}

static int
from_blob(struct layer *l, struct outcome *o, const struct cancel *cancel,
          struct error *err)
{
	bool keep_tar = (o->wanted & LAYER_TAR) != 0;
	struct pour pour = outcome_pour(o, cancel);
	auto_blob_stream struct blob_stream *stream = blob_stream_open(l, keep_tar, err);

	if (stream == NULL || pour_blob(l, stream, &pour, err) < 0)
		return -1;
	layer_add_forms(l, keep_tar ? LAYER_BLOB | LAYER_TAR : LAYER_BLOB, NULL);
	layer_add_checked(l, keep_tar ? LAYER_TAR : 0);
	return outcome_publish(l, o, err);
}

static int
fetch_blob(struct layer *l, struct error *err)
{
	if (layer_blob(l) == NULL)
		return error_set(err, ERR_DAMAGED, "layer %s has no content any more",
		                 l->id);
	if (!blob_has(l->store, &l->blob.digest, NULL) && layer_fetch(l, NULL, err) < 0)
		return -1;
	/* An uncompressed blob is its own tar. */
	layer_add_forms(l,
	                digest_equal(&l->blob.digest, &l->diffid) ? LAYER_BLOB | LAYER_TAR
	                                                          : LAYER_BLOB,
	                NULL);
	return 0;
}

/* ------------------------------------------------------------ from a directory */

static int
derive_sink(void *arg, const void *bytes, size_t n, struct error *err)
{
	return part_write(arg, bytes, n, err);
}

static int
tar_from_dir(struct layer *l, const struct cancel *cancel, struct error *err)
{
	auto_part struct part *part = NULL;
	auto_tar_writer struct tar_writer *writer = NULL;
	auto_tree_writer struct tree_writer *index = NULL;
	auto_free char *space = mem_resize(NULL, POUR_SPACE, 1);
	struct pour pour = { .space = space, .cancel = cancel, .epoch = -1 };
	struct digest diffid;
	uint64_t size;

	part = part_new(l->store, err);
	pour.index = index = part == NULL ? NULL : tree_writer_new(l->store, err);
	if (index == NULL)
		return -1;
	pour.tar = writer = tar_writer_new(derive_sink, part);
	if (pour_tree(&pour, l, l->tree, err) < 0 || pour_end(&pour, err) < 0)
		return layer_blame_dir(l, err);
	size = part_size(part);
	if (part_keep(take(part), digest_known(&l->diffid) ? &l->diffid : NULL, &diffid,
	              err) < 0)
		return layer_blame_dir(l, err);
	pthread_mutex_lock(&l->lock);
	l->diffid = diffid;
	l->tar_size = size;
	pthread_mutex_unlock(&l->lock);
	/* The file now has offsets; the tree in use stays as it is. */
	if (tree_writer_keep(take(index), l->id, err) < 0)
		return error_wrap(err, "index of layer %s", l->id);
	if (layer_write_info(l, NULL, err) < 0)
		return -1;
	layer_add_forms(l, LAYER_TAR, NULL);
	layer_add_checked(l, LAYER_TAR | LAYER_DIR);
	return 0;
}

/* ------------------------------------------------------------ the way */

/* Only the index knows which parts of a directory belong to the layer, and the owners and
 * devices that this user could not make. */
static int
from_dir(struct layer *l, unsigned wanted, const struct cancel *cancel, struct error *err)
{
	if (!layer_has(l, LAYER_TREE))
		layer_read_index(l);
	if (!layer_has(l, LAYER_TREE))
		return error_set(err, ERR_DAMAGED, "its index is lost");
	return wanted & LAYER_TAR ? tar_from_dir(l, cancel, err) : 0;
}

/* One pass over the tar or the blob. */
static int
from_stream(struct layer *l, unsigned wanted, const struct cancel *cancel,
            struct error *err)
{
	struct outcome o;
	int status = outcome_open(l, wanted, &o, err);

	if (status == 0 && layer_has(l, LAYER_TAR))
		status = from_tar(l, &o, cancel, err);
	else if (status == 0)
		status = from_blob(l, &o, cancel, err);
	outcome_clear(l, &o);
	return status;
}

static unsigned
missing(struct layer *l, unsigned wanted)
{
	unsigned there;

	pthread_mutex_lock(&l->lock);
	there = l->forms;
	pthread_mutex_unlock(&l->lock);
	return wanted & ~there;
}

/* Only the blob contains the forms WANTED. */
static bool
needs_blob(const struct layer *l, unsigned wanted)
{
	if (wanted == 0 || layer_has(l, LAYER_TAR))
		return (wanted & LAYER_BLOB) != 0;
	return (wanted & LAYER_BLOB) != 0 || layer_blob(l) != NULL ||
	       !layer_has(l, LAYER_DIR);
}

/* The blob is fetched while it is unpacked. */
static bool
is_streamed(struct layer *l, unsigned wanted)
{
	return (wanted & ~(unsigned)LAYER_BLOB) != 0 && !layer_has(l, LAYER_TAR) &&
	       blob_stream_may_fetch(l);
}

static int
derive_once(struct layer *l, unsigned wanted, const struct cancel *cancel,
            struct error *err)
{
	/* A pulled layer's directory cannot tell what its tar was. */
	bool pulled = layer_blob(l) != NULL;
	int status;

	if (wanted & LAYER_TREE)
		layer_read_index(l);
	wanted = missing(l, wanted);
	if (needs_blob(l, wanted) && !is_streamed(l, wanted)) {
		if (fetch_blob(l, err) < 0)
			return -1;
		wanted = missing(l, wanted);
	}
	if (wanted == 0)
		return 0;
	if (layer_has(l, LAYER_TAR) || pulled)
		status = from_stream(l, wanted, cancel, err);
	else
		status = from_dir(l, wanted, cancel, err);
	return status < 0 ? error_wrap(err, "layer %.20s", l->id) : 0;
}

/* Whether the layer's own content is at fault. */
static bool
is_of_content(const struct error *err)
{
	return err->code == ERR_DAMAGED || err->code == ERR_SOURCE ||
	       err->code == ERR_NETWORK || err->code == ERR_AUTH;
}

int
derive(struct layer *l, unsigned wanted, const struct cancel *cancel, struct error *err)
{
	if (l->source != NULL)
		return error_set(err, ERR_INTERNAL, "a source layer has one form only");
	for (int try = 1;; try++) {
		bool had = layer_blob(l) != NULL &&
		           blob_has(l->store, &l->blob.digest, NULL);

		if (derive_once(l, wanted, cancel, err) == 0)
			return 0;
		if (try == TRIES || !is_of_content(err) || !layer_repair(l, !had, cancel))
			break;
		event_warn_error(0, err, "fetched or made again");
	}
	if (is_of_content(err)) {
		pthread_mutex_lock(&l->lock);
		l->lost = true;
		pthread_mutex_unlock(&l->lock);
	}
	return -1;
}

static void
wait_for_change(struct layer *l)
{
	/* The thread that is busy has a stop token of its own. Ours is looked at in between. */
	clock_wait(&l->changed, &l->lock, NS_PER_S);
}

int
layer_make(struct layer *l, unsigned forms, const struct cancel *cancel,
           struct error *err)
{
	int status = 0;

	if (cancel == NULL && l->store != NULL)
		cancel = store_cancel(l->store);
	pthread_mutex_lock(&l->lock);
	while (status == 0 && (forms & ~l->forms) != 0) {
		unsigned wanted = forms & ~l->forms;

		if (l->busy) {
			wait_for_change(l);
			status = cancel_check(cancel, err);
			continue;
		}
		l->busy = true;
		pthread_mutex_unlock(&l->lock);
		status = derive(l, wanted, cancel, err);
		pthread_mutex_lock(&l->lock);
		l->busy = false;
		pthread_cond_broadcast(&l->changed);
	}
	pthread_mutex_unlock(&l->lock);
	return status;
}

const struct tree *
layer_tree(struct layer *l, struct error *err)
{
	return layer_make(l, LAYER_TREE, NULL, err) < 0 ? NULL : l->tree;
}
