/*
 * Compresses layers for export. A note leads to a blob that was compressed before:
 *
 *	compressed/DIFFID-gzip-4.2  {"digest":"sha256:…","size":1234}
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/count.h"
#include "base/event.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/blob.h"
#include "layers/compress_stream.h"
#include "layers/layer_state.h"
#include "layers/pour_tree.h"
#include "layers/store.h"
#include "layers/store_state.h"

enum {
	NOTE_MAX = 4096,
	CHUNK = 256 * 1024,
};

/* ------------------------------------------------------------ as pulled */

static enum compression
kind_of(const char *media_type)
{
	struct text t = text_of(media_type);

	if (text_ends(t, "gzip"))
		return COMPRESS_GZIP;
	return text_ends(t, "zstd") ? COMPRESS_ZSTD : COMPRESS_NONE;
}

/* Replaces Docker's media types of layers by OCI's. Foreign layers are sent like any
 * other, as BuildKit does, because not everybody who gets the image can reach their
 * URLs. */
static void
set_oci_type(struct descriptor *d)
{
	static const char *const foreign[] = {
		"application/vnd.docker.image.rootfs.foreign.diff.tar",
		"application/vnd.oci.image.layer.nondistributable.v1.tar",
	};
	enum compression kind = kind_of(d->media_type);
	bool known = strcmp(d->media_type, compression_media_type(kind, true)) == 0;

	for (size_t i = 0; i < COUNT_OF(foreign); i++)
		known = known || text_starts(text_of(d->media_type), foreign[i]);
	json_decref(d->urls);
	d->urls = NULL;
	if (!known)
		return;
	free(d->media_type);
	d->media_type = mem_copy(compression_media_type(kind, false));
}

/* ------------------------------------------------------------ notes */

static char *
note_name(const struct digest *diffid, const struct compressor *c)
{
	auto_free char *words = compress_words(c);
	char hex[DIGEST_HEX_MAX];

	return mem_print("compressed/%s-%s.%d", digest_hex(diffid, hex), words,
	                 OUTPUT_PROFILE);
}

/* True if the note NAME names a blob that is still there. If anything is wrong with a
 * note, the layer is compressed again. */
static bool
note_read(struct store *st, const char *name, struct descriptor *out)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_json json_t *json = NULL;
	uint64_t size;

	if (jsonio_read(store_fd(st), name, NOTE_MAX, &json, &ignored) != 1 ||
	    descriptor_read(out, json, name, &ignored) < 0)
		return false;
	store_use(st, name, NULL);
	return blob_has(st, &out->digest, &size) && size == out->size;
}

static void
note_write(struct store *st, const char *name, const struct descriptor *blob)
{
	auto_error struct error err = ERROR_INIT;
	auto_json json_t *json = json_object();
	auto_free char *text = NULL;
	char digest[DIGEST_TEXT_MAX];

	jsonio_set(json, "digest", json_string(digest_text(&blob->digest, digest)));
	jsonio_set(json, "size", json_integer((json_int_t)blob->size));
	text = jsonio_print(json);
	if (file_replace(store_fd(st), name, text, strlen(text), 0644, &err) < 0)
		event_warn_error(0, &err, "the compressed layer is not noted");
}

/* ------------------------------------------------------------ compressing */

static int
to_part(void *arg, const void *bytes, size_t n, struct error *err)
{
	return part_write(arg, bytes, n, err);
}

/* The tar is compared with its diffID on the way: damaged data must not leave this
 * machine, and hashing is fast compared to compressing. */
static int
copy_through(int fd, const struct digest *diffid, struct compress_stream *s,
             const struct cancel *cancel, struct error *err)
{
	auto_free char *chunk = mem_resize(NULL, CHUNK, 1);
	auto_hasher struct hasher *hasher = hasher_new(DIGEST_SHA256);
	char text[DIGEST_TEXT_MAX];
	struct digest found;
	ssize_t n;

	while ((n = file_read_full(fd, chunk, CHUNK, err)) > 0) {
		hasher_add(hasher, chunk, (size_t)n);
		if (compress_write(s, chunk, (size_t)n, err) < 0 ||
		    cancel_check(cancel, err) < 0)
			return -1;
	}
	if (n < 0)
		return -1;
	found = hasher_end(hasher);
	if (!digest_equal(&found, diffid))
		return error_set(err, ERR_DAMAGED, "its tar has other content: blob %s",
		                 digest_text(diffid, text));
	return compress_finish(s, err);
}

static int
compress_tar(struct store *st, const struct digest *diffid, const struct compressor *c,
             const struct cancel *cancel, struct descriptor *out, struct error *err)
{
	auto_fd int fd = blob_open(st, diffid, err);
	auto_part struct part *part = fd < 0 ? NULL : part_new(st, err);
	auto_compress struct compress_stream *s = NULL;

	if (part == NULL)
		return -1;
	s = compress_open(c, st, to_part, part, err);
	if (s == NULL)
		return -1;
	compress_set_cancel(s, cancel);
	if (copy_through(fd, diffid, s, cancel, err) < 0)
		return -1;
	out->size = part_size(part);
	if (part_keep(take(part), NULL, &out->digest, err) < 0)
		return -1;
	compress_keep_members(s, &out->digest);
	return 0;
}

/* The tar of a directory, hashed and compressed as it is made. */
struct direct {
	struct hasher *hasher;
	uint64_t size;
	struct compress_stream *stream;
};

static int
to_stream(void *arg, const void *bytes, size_t n, struct error *err)
{
	struct direct *d = arg;

	hasher_add(d->hasher, bytes, n);
	d->size += n;
	return compress_write(d->stream, bytes, n, err);
}

/* From now on, L has a diffID but no tar. */
static int
set_diffid(struct layer *l, const struct digest *diffid, uint64_t tar_size,
           struct error *err)
{
	pthread_mutex_lock(&l->lock);
	l->diffid = *diffid;
	l->tar_size = tar_size;
	pthread_mutex_unlock(&l->lock);
	return layer_write_info(l, NULL, err);
}

static int
pour_direct(struct layer *l, struct direct *d, const struct cancel *cancel,
            struct error *err)
{
	auto_free char *space = mem_resize(NULL, POUR_SPACE, 1);
	auto_tar_writer struct tar_writer *writer = tar_writer_new(to_stream, d);
	struct pour pour = {
		.tar = writer, .space = space, .cancel = cancel, .epoch = -1
	};
	const struct tree *tree = layer_tree(l, err);

	if (tree == NULL || pour_tree(&pour, l, tree, err) < 0 ||
	    pour_end(&pour, err) < 0)
		return -1;
	return compress_finish(d->stream, err);
}

static int
compress_dir(struct layer *l, const struct compressor *c, const struct cancel *cancel,
             struct descriptor *out, struct error *err)
{
	auto_part struct part *part = part_new(l->store, err);
	auto_hasher struct hasher *hasher = hasher_new(DIGEST_SHA256);
	auto_compress struct compress_stream *stream = NULL;
	struct direct d = { .hasher = hasher };
	struct digest diffid;

	if (part == NULL)
		return -1;
	d.stream = stream = compress_open(c, l->store, to_part, part, err);
	if (stream == NULL)
		return -1;
	compress_set_cancel(stream, cancel);
	if (pour_direct(l, &d, cancel, err) < 0)
		return layer_blame_dir(l, err);
	diffid = hasher_end(hasher);
	if (digest_known(&l->diffid) && !digest_equal(&diffid, &l->diffid)) {
		layer_lose_dir(l);
		return error_set(err, ERR_DAMAGED, "its files in the store are damaged");
	}
	out->size = part_size(part);
	if (part_keep(take(part), NULL, &out->digest, err) < 0)
		return -1;
	compress_keep_members(stream, &out->digest);
	return set_diffid(l, &diffid, d.size, err);
}

/* If only the directory exists, the tar itself is never written. */
static int
compress_now(struct layer *l, const struct compressor *c, const struct cancel *cancel,
             struct descriptor *out, struct error *err)
{
	struct digest diffid;

	if (!layer_has(l, LAYER_TAR) && layer_has(l, LAYER_DIR) && layer_blob(l) == NULL)
		return compress_dir(l, c, cancel, out, err);
	if (layer_make(l, LAYER_TAR, cancel, err) < 0)
		return -1;
	layer_diffid(l, &diffid);
	if (compress_tar(l->store, &diffid, c, cancel, out, err) == 0)
		return 0;
	if (err->code != ERR_DAMAGED)
		return -1;
	/* The layer is made again, or lost if that is impossible. */
	blob_drop(l->store, &diffid);
	layer_remove_forms(l, LAYER_TAR);
	error_clear(err);
	if (layer_make(l, LAYER_TAR, cancel, err) < 0)
		return -1;
	return compress_tar(l->store, &diffid, c, cancel, out, err);
}

static int
find_tar(struct layer *l, const struct cancel *cancel, struct descriptor *out,
         struct error *err)
{
	if (layer_make(l, LAYER_TAR, cancel, err) < 0)
		return -1;
	layer_diffid(l, &out->digest);
	if (blob_has(l->store, &out->digest, &out->size))
		return 0;
	layer_remove_forms(l, LAYER_TAR);
	if (layer_make(l, LAYER_TAR, cancel, err) < 0)
		return -1;
	return blob_has(l->store, &out->digest, &out->size)
	               ? 0
	               : error_set(err, ERR_DAMAGED, "its tar is gone");
}

/* True if L was compressed as C says before. */
static bool
is_noted(struct layer *l, const struct compressor *c, struct descriptor *out)
{
	auto_free char *note = NULL;
	struct digest diffid;

	if (!layer_diffid(l, &diffid))
		return false;
	note = note_name(&diffid, c);
	return note_read(l->store, note, out);
}

static int
compress_layer(struct layer *l, const struct compressor *c, const struct cancel *cancel,
               struct descriptor *out, struct error *err)
{
	auto_free char *note = NULL;
	struct digest diffid;

	if (c->kind == COMPRESS_NONE)
		return find_tar(l, cancel, out, err);
	if (is_noted(l, c, out))
		return 0;
	if (compress_now(l, c, cancel, out, err) < 0)
		return -1;
	layer_diffid(l, &diffid);
	note = note_name(&diffid, c);
	note_write(l->store, note, out);
	return 0;
}

int
layer_compress(struct layer *l, const struct compressor *c, bool force,
               const struct cancel *cancel, struct descriptor *out, struct error *err)
{
	const struct descriptor *pulled = layer_blob(l);
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;

	if (pulled != NULL && (!force || kind_of(pulled->media_type) == c->kind)) {
		descriptor_copy(&d, pulled);
		set_oci_type(&d);
	} else {
		if (compress_layer(l, c, cancel, &d, err) < 0)
			return error_wrap(err, "compress layer %.12s", layer_id(l));
		free(d.media_type);
		d.media_type = mem_copy(compression_media_type(c->kind, false));
	}
	descriptor_clear(out);
	*out = d;
	d = (struct descriptor)DESCRIPTOR_INIT;
	return 0;
}
