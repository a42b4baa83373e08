#include "builder/export/stored_image.h"

#include "base/base.h"
#include "base/jsonio.h"
#include "layers/blob.h"
#include "layers/layer.h"
#include "layers/tags.h"

/* Of one document; the same bound as for pulled ones. */
#define DOCUMENT_MAX ((size_t)16 << 20)

static const struct compressor as_it_is = { .kind = COMPRESS_NONE };

static void
document_clear(struct document *d)
{
	buf_clear(&d->bytes);
	descriptor_clear(&d->descriptor);
}

void
stored_image_clear(struct stored_image *p)
{
	for (size_t i = 0; i < p->children.n; i++)
		document_clear(&p->children.at[i]);
	array_clear(&p->children);
	document_clear(&p->root);
	package_blobs_clear(&p->blobs);
	manifest_clear(&p->manifest);
}

static void
add_blob(struct stored_image *p, const struct descriptor *d)
{
	for (size_t i = 0; i < p->blobs.list.n; i++)
		if (digest_equal(&p->blobs.list.at[i].descriptor.digest, &d->digest))
			return;
	descriptor_copy(&array_add(&p->blobs.list)->descriptor, d);
}

/* ------------------------------------------------------------ documents */

static int
document_read(struct stored_image *p, const struct descriptor *d, struct document *out,
              struct error *err)
{
	descriptor_copy(&out->descriptor, d);
	return blob_read(p->options->store, &d->digest, DOCUMENT_MAX, &out->bytes, err);
}

/* Entry I of the list MEMBER of JSON points to D instead. */
static void
set_entry(json_t *json, const char *member, size_t i, const struct descriptor *d)
{
	json_t *entry = json_array_get(json_object_get(json, member), i);
	char text[DIGEST_TEXT_MAX];

	jsonio_set(entry, "mediaType", json_string(d->media_type));
	jsonio_set(entry, "digest", json_string(digest_text(&d->digest, text)));
	jsonio_set(entry, "size", json_integer((json_int_t)d->size));
}

static void
document_set(struct document *d, const json_t *json)
{
	auto_free char *text = jsonio_print_pretty(json);

	buf_truncate(&d->bytes, 0);
	buf_add_str(&d->bytes, text);
	d->descriptor.digest = digest_of(d->bytes.p, d->bytes.n);
	d->descriptor.size = d->bytes.n;
}

/* ------------------------------------------------------------ manifests */

static bool
is_plain_tar(const char *media_type)
{
	return strcmp(media_type, MEDIA_OCI_LAYER) == 0 ||
	       strcmp(media_type, MEDIA_DOCKER_LAYER) == 0;
}

/* D is a plain tar, so its digest is its diffID. Replaces it by the compressed blob. */
static int
compress(const struct stored_image *p, struct descriptor *d, struct error *err)
{
	const struct export_options *o = p->options;
	bool docker = strcmp(d->media_type, MEDIA_DOCKER_LAYER) == 0;
	struct layer *layer = layer_of_blob(o->store, d, &d->digest, NULL, NULL, err);
	auto_descriptor struct descriptor sent = DESCRIPTOR_INIT;

	if (layer == NULL ||
	    layer_compress(layer, p->compressor, true, o->cancel, &sent, err) < 0)
		return -1;
	d->digest = sent.digest;
	d->size = sent.size;
	free(d->media_type);
	d->media_type = mem_copy(compression_media_type(p->compressor->kind, docker));
	return 0;
}

/* Reads what D points to into OUT, with its layers as they are sent. */
static int
manifest_prepare(struct stored_image *p, const struct descriptor *d, struct document *out,
                 struct error *err)
{
	auto_manifest struct manifest m = { 0 };
	auto_json json_t *json = NULL;
	bool changed = false;
	char where[DIGEST_TEXT_MAX];

	digest_text(&d->digest, where);
	if (document_read(p, d, out, err) < 0 ||
	    manifest_read(&m, buf_text(&out->bytes), where, err) < 0)
		return -1;
	json = jsonio_parse(buf_text(&out->bytes), where, err);
	if (json == NULL)
		return -1;
	for (size_t i = 0; i < m.layers.n; i++) {
		struct descriptor *layer = &m.layers.at[i];

		if (p->compressor->kind != COMPRESS_NONE &&
		    is_plain_tar(layer->media_type)) {
			if (compress(p, layer, err) < 0)
				return error_wrap(err, "layer %zu", i + 1);
			set_entry(json, "layers", i, layer);
			changed = true;
		}
		add_blob(p, layer);
	}
	add_blob(p, &m.config);
	if (changed)
		document_set(out, json);
	if (out == &p->root) {
		p->manifest = m;
		m = (struct manifest){ 0 };
	}
	return 0;
}

/* ------------------------------------------------------------ indexes */

static int
index_prepare(struct stored_image *p, const struct index *ix, struct error *err)
{
	auto_json json_t *json = jsonio_parse(buf_text(&p->root.bytes), "index", err);
	bool changed = false;

	if (json == NULL)
		return -1;
	for (size_t i = 0; i < ix->manifests.n; i++) {
		struct document *child = array_add(&p->children);

		if (manifest_prepare(p, &ix->manifests.at[i], child, err) < 0)
			return -1;
		if (digest_equal(&child->descriptor.digest, &ix->manifests.at[i].digest))
			continue;
		set_entry(json, "manifests", i, &child->descriptor);
		changed = true;
	}
	if (changed)
		document_set(&p->root, json);
	return 0;
}

static int
read_stored(void *arg, const struct descriptor *d, struct buf *out, struct error *err)
{
	const struct stored_image *p = arg;

	if (!blob_has(p->options->store, &d->digest, NULL))
		return error_set(err, ERR_SOURCE, "not all of it is in the store");
	return blob_read(p->options->store, &d->digest, DOCUMENT_MAX, out, err);
}

/* The store may have only one platform of a pulled index. Then that manifest is sent
 * alone. */
static int
index_reduce(struct stored_image *p, const struct descriptor *root, const char *name,
             struct error *err)
{
	auto_platform struct platform host = PLATFORM_INIT;
	auto_descriptor struct descriptor one = DESCRIPTOR_INIT;
	auto_buf struct buf text = BUF_INIT;

	platform_host(&host);
	if (manifest_find(root, p->platform != NULL ? p->platform : &host, name,
	                  read_stored, p, &one, &text, err) < 0)
		return error_wrap(err, "%s", name);
	document_clear(&p->root);
	return manifest_prepare(p, &one, &p->root, err);
}

/* Whether everything that IX points to is in the store, and is a manifest. */
static bool
is_whole(const struct stored_image *p, const struct index *ix)
{
	for (size_t i = 0; i < ix->manifests.n; i++)
		if (!blob_has(p->options->store, &ix->manifests.at[i].digest, NULL) ||
		    media_is_index(ix->manifests.at[i].media_type))
			return false;
	return true;
}

int
stored_image_prepare(struct stored_image *p, const char *name, struct error *err)
{
	auto_descriptor struct descriptor root = DESCRIPTOR_INIT;
	auto_index struct index ix = { 0 };
	bool is_index = false;
	int found = tags_find(p->options->store, name, &root, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(err, ERR_SOURCE, "%s: no such image in the store", name);
	if (json_object_get(root.annotations, AS_PULLED) != NULL)
		p->compressor = &as_it_is;
	if (document_read(p, &root, &p->root, err) < 0 ||
	    manifest_is_index(buf_text(&p->root.bytes), name, &is_index, err) < 0)
		return -1;
	if (!is_index) {
		document_clear(&p->root);
		return manifest_prepare(p, &root, &p->root, err);
	}
	if (index_read(&ix, buf_text(&p->root.bytes), name, err) < 0)
		return -1;
	return is_whole(p, &ix) && !p->single ? index_prepare(p, &ix, err)
	                                      : index_reduce(p, &root, name, err);
}
