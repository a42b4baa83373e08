#include "base/base.h"
#include "base/event.h"
#include "base/jsonio.h"
#include "builder/export/load_tree.h"
#include "layers/blob.h"

#define DEPTH_MAX 4 /* indexes in indexes */

#define NAME_KEY  "io.containerd.image.name"
#define REF_KEY   "org.opencontainers.image.ref.name"

/* Brings the blob D into the store. Where IS_OPTIONAL, 0 says that it is not in the
 * archive; else 1, or -1. */
static int
bring(const struct load_tree *t, const struct descriptor *d, bool is_optional,
      struct error *err)
{
	char hex[DIGEST_HEX_MAX];
	auto_free char *path = mem_print("blobs/%s/%s", digest_alg_name(&d->digest),
	                                 digest_hex(&d->digest, hex));
	struct digest got;
	uint64_t size = 0;

	if (blob_has(t->options->store, &d->digest, &size) && size == d->size)
		return 1;
	if (load_blob(t, path, &d->digest, &got, &size, err) < 0) {
		if (!is_optional || err->code != ERR_SOURCE)
			return -1;
		error_clear(err);
		return 0;
	}
	if (size != d->size)
		return error_set(err, ERR_DAMAGED, "%s: %llu bytes instead of %llu", path,
		                 (unsigned long long)size, (unsigned long long)d->size);
	return 1;
}

static int
bring_manifest(const struct load_tree *t, struct text bytes, const char *where,
               struct error *err)
{
	auto_manifest struct manifest m = { 0 };

	if (manifest_read(&m, bytes, where, err) < 0 ||
	    bring(t, &m.config, false, err) < 0)
		return -1;
	for (size_t i = 0; i < m.layers.n; i++)
		if (bring(t, &m.layers.at[i], false, err) < 0)
			return error_wrap(err, "layer %zu", i + 1);
	return 0;
}

static int bring_document(const struct load_tree *t, const struct descriptor *d,
                          bool is_optional, int depth, struct error *err);

/* An archive may have one platform of several. */
static int
bring_index(const struct load_tree *t, struct text bytes, const char *where, int depth,
            struct error *err)
{
	auto_index struct index ix = { 0 };
	size_t n = 0;

	if (depth == DEPTH_MAX)
		return error_set(err, ERR_DAMAGED, "%s: too many indexes in indexes",
		                 where);
	if (index_read(&ix, bytes, where, err) < 0)
		return -1;
	for (size_t i = 0; i < ix.manifests.n; i++) {
		int found = bring_document(t, &ix.manifests.at[i], true, depth + 1, err);

		if (found < 0)
			return -1;
		n += found > 0;
	}
	return n > 0 ? 0
	             : error_set(err, ERR_SOURCE, "%s: no image of it is there", where);
}

/* A manifest or index with all below it: 1; 0: it is not in the archive; -1. */
static int
bring_document(const struct load_tree *t, const struct descriptor *d, bool is_optional,
               int depth, struct error *err)
{
	auto_buf struct buf bytes = BUF_INIT;
	char where[DIGEST_TEXT_MAX];
	bool is_index = false;
	int found = 0;

	digest_text(&d->digest, where);
	if (d->size > LOAD_DOCUMENT_MAX)
		return error_set(err, ERR_DAMAGED, "%s: too large a document", where);
	found = bring(t, d, is_optional, err);
	if (found <= 0)
		return found;
	if (blob_read(t->options->store, &d->digest, LOAD_DOCUMENT_MAX, &bytes, err) <
	            0 ||
	    manifest_is_index(buf_text(&bytes), where, &is_index, err) < 0)
		return -1;
	if ((is_index ? bring_index(t, buf_text(&bytes), where, depth, err)
	              : bring_manifest(t, buf_text(&bytes), where, err)) < 0)
		return -1;
	return 1;
}

/* A tag alone is not a name. */
static const char *
name_of(const json_t *entry)
{
	const json_t *notes = json_object_get(entry, "annotations");
	const char *name = json_string_value(json_object_get(notes, NAME_KEY));
	const char *ref = json_string_value(json_object_get(notes, REF_KEY));

	if (name == NULL && ref != NULL && strpbrk(ref, "/:") != NULL)
		name = ref;
	return name;
}

/* Under each of its names, whatever they are. */
static int
load_words(struct load_tree *t, const json_t *entry, const struct descriptor *root,
           struct error *err)
{
	static const char *const keys[] = { REF_KEY, NAME_KEY };
	const json_t *notes = json_object_get(entry, "annotations");
	size_t n = 0;

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		const char *name = json_string_value(json_object_get(notes, keys[i]));

		if (name != NULL && load_name(t, name, root, err) < 0)
			return -1;
		n += name != NULL;
	}
	return n > 0 ? 0 : load_name(t, NULL, root, err);
}

static bool
any_has_name(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (name_of(json_array_get(list, i)) != NULL)
			return true;
	return false;
}

static int
load_entry(struct load_tree *t, const json_t *entry, struct error *err)
{
	auto_descriptor struct descriptor root = DESCRIPTOR_INIT;

	if (descriptor_read(&root, entry, "index.json", err) < 0 ||
	    bring_document(t, &root, false, 0, err) < 0)
		return -1;
	/* The notes of an archive's list are not the image's. */
	json_decref(root.annotations);
	root.annotations = NULL;
	return t->untagged ? load_words(t, entry, &root, err)
	                   : load_name(t, name_of(entry), &root, err);
}

int
load_layout(struct load_tree *t, const json_t *list, struct error *err)
{
	if (!json_is_array(list) || json_array_size(list) == 0)
		return error_set(err, ERR_SOURCE, "index.json lists no image");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);

		if (!t->untagged && name_of(entry) == NULL && any_has_name(list))
			event_warn(0, "an image without a name is left out");
		else if (load_entry(t, entry, err) < 0)
			return -1;
	}
	return 0;
}
