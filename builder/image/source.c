#include "builder/image/image.h"

#include "base/base.h"
#include "base/event.h"
#include "base/jsonio.h"

/* Documents that registries serve; larger ones are refused. */
#define MANIFEST_SIZE_MAX ((size_t)4 << 20)
#define CONFIG_SIZE_MAX   ((size_t)16 << 20)

/* Those of a cache have some for each step. */
#define CONFIG_VALUES_MAX 500000

static int
fetch_layer(void *arg, const struct descriptor *blob, struct growing_blob *reader,
            struct error *err)
{
	struct source_image *s = arg;

	if (s->layout != NULL)
		return layout_fetch_blob(s->store, s->layout, blob, s->cancel, err);
	return image_fetch_blob(s->store, s->registry, &s->ref, blob, reader, err);
}

/* From the store: 1, 0 it is not there, or damaged, -1. */
static int
document_find(struct source_image *s, const struct descriptor *d, size_t max,
              struct buf *out, struct error *err)
{
	auto_error struct error fault = ERROR_INIT;

	if (!blob_has(s->store, &d->digest, NULL))
		return 0;
	if (blob_read(s->store, &d->digest, max, out, &fault) == 0)
		return 1;
	if (blob_check(s->store, &d->digest, NULL, err) != 0) {
		error_clear(err);
		error_move(err, &fault);
		return -1;
	}
	return 0;
}

static int
document_fetch(struct source_image *s, const struct descriptor *d, bool is_manifest,
               size_t max, struct buf *out, struct error *err)
{
	struct digest kept;

	if (s->registry == NULL) {
		error_set(err, ERR_SOURCE,
		          "a document of the image is not in the store, and fetching is "
		          "off");
		return error_hint(err, "build or pull the image again");
	}
	if (registry_pull_bytes(s->registry, &s->ref, d, max, is_manifest, out, err) < 0)
		return error_hint(err, "if the image was built here: build it again");
	return blob_write(s->store, out->p, out->n, &kept, err);
}

/* A manifest, index or config as text: from the store, else from where the image
 * comes from, and then kept. */
static int
document_read(struct source_image *s, const struct descriptor *d, bool is_manifest,
              struct buf *out, struct error *err)
{
	size_t max = is_manifest ? MANIFEST_SIZE_MAX : CONFIG_SIZE_MAX;
	int found;

	if (d->size > max)
		return error_set(err, ERR_DAMAGED, "document of %llu bytes is too large",
		                 (unsigned long long)d->size);
	found = document_find(s, d, max, out, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (s->layout == NULL)
		return document_fetch(s, d, is_manifest, max, out, err);
	if (layout_fetch_blob(s->store, s->layout, d, s->cancel, err) < 0)
		return -1;
	return blob_read(s->store, &d->digest, max, out, err);
}

/* What the name points to, as far as the store knows: 1, 0, -1. */
static int
find_stored(const struct source_options *o, const struct source_image *s,
            struct descriptor *out, struct error *err)
{
	auto_free char *name = reference_print(&s->ref);
	int found = 0;

	if (s->ref.digest != NULL) {
		*out = (struct descriptor){ 0 };
		if (!digest_parse(&out->digest, text_of(s->ref.digest)))
			return error_set(err, ERR_USAGE, "%s: not a digest",
			                 s->ref.digest);
		return blob_has(o->store, &out->digest, &out->size) ? 1 : 0;
	}
	found = tags_find(o->store, name, out, err);
	if (found == 0)
		found = refs_find(o->store, name, out, err);
	if (found > 0 && !blob_has(o->store, &out->digest, NULL)) {
		descriptor_clear(out);
		found = 0;
	}
	return found;
}

/* Asks the registry, keeps the documents and remembers the answer. */
static int
resolve_remote(const struct source_options *o, struct source_image *s,
               const struct platform *platform, struct error *err)
{
	auto_free char *name = reference_print(&s->ref);
	auto_resolved struct resolved r = { 0 };
	struct digest kept;

	if (o->registry == NULL || o->offline)
		return error_set(err, ERR_SOURCE,
		                 "%s: not in the store, and not "
		                 "fetched because of --offline",
		                 name);
	if (registry_resolve(o->registry, &s->ref, platform, &r, err) < 0)
		return -1;
	if (blob_write(o->store, r.root_bytes, r.root.size, &kept, err) < 0 ||
	    blob_write(o->store, r.manifest_bytes, r.manifest.size, &kept, err) < 0)
		return -1;
	descriptor_copy(&s->root, &r.root);
	return refs_write(o->store, name, &s->root, err);
}

/* True if the registry still says the same as STORED. Faults count as "yes": what
 * we have is better than nothing. */
static bool
still_current(const struct source_options *o, const struct source_image *s,
              const struct descriptor *stored)
{
	auto_descriptor struct descriptor now = DESCRIPTOR_INIT;
	auto_error struct error err = ERROR_INIT;

	if (registry_head(o->registry, &s->ref, &now, &err) < 0) {
		event_warn_error(0, &err, "cannot look for a newer %s", s->ref.repo);
		return true;
	}
	return digest_equal(&now.digest, &stored->digest);
}

static int
resolve(const struct source_options *o, struct source_image *s,
        const struct platform *platform, struct error *err)
{
	auto_descriptor struct descriptor stored = DESCRIPTOR_INIT;
	bool pinned = s->ref.digest != NULL;
	int found = 0;

	if (o->policy != PULL_ALWAYS || pinned || o->offline)
		found = find_stored(o, s, &stored, err);
	if (found < 0)
		return -1;
	if (found > 0 && o->policy == PULL_NEWER && !pinned &&
	    !still_current(o, s, &stored))
		found = 0;
	if (found > 0) {
		descriptor_copy(&s->root, &stored);
		return 0;
	}
	if (o->policy == PULL_NEVER)
		return error_set(err, ERR_SOURCE, "not in the store, and --pull=never");
	return resolve_remote(o, s, platform, err);
}

static int
read_document(void *arg, const struct descriptor *d, struct buf *out, struct error *err)
{
	return document_read(arg, d, true, out, err);
}

/* The manifest of PLATFORM, which may be the root itself. */
static int
read_manifest(struct source_image *s, const struct platform *platform, const char *where,
              struct error *err)
{
	auto_descriptor struct descriptor found = DESCRIPTOR_INIT;
	auto_buf struct buf text = BUF_INIT;

	if (manifest_find(&s->root, platform, where, read_document, s, &found, &text,
	                  err) < 0)
		return -1;
	s->manifest_digest = found.digest;
	return manifest_read(&s->manifest, buf_text(&text), where, err);
}

static int
read_config(struct source_image *s, const char *where, struct error *err)
{
	auto_buf struct buf text = BUF_INIT;

	if (document_read(s, &s->manifest.config, false, &text, err) < 0)
		return -1;
	s->config = jsonio_parse_limited(buf_text(&text), CONFIG_VALUES_MAX, where, err);
	if (s->config == NULL)
		return -1;
	return image_config_read(s->arena, s->config, &s->base.config,
	                         &s->base.image_platform, &s->base.created_ns, err);
}

static int
open_layers(struct source_image *s, struct error *err)
{
	const json_t *ids = json_object_get(json_object_get(s->config, "rootfs"),
	                                    "diff_ids");

	if (json_array_size(ids) != s->manifest.layers.n)
		return error_set(err, ERR_DAMAGED,
		                 "config has %zu diff_ids for %zu layers",
		                 json_array_size(ids), s->manifest.layers.n);
	for (size_t i = 0; i < s->manifest.layers.n; i++) {
		const char *text = json_string_value(json_array_get(ids, i));
		struct digest diffid;
		struct layer *layer = NULL;

		if (text == NULL || !digest_parse(&diffid, text_of(text)))
			return error_set(err, ERR_DAMAGED,
			                 "config: diff_ids[%zu]: not a digest", i);
		layer = layer_of_blob(s->store, &s->manifest.layers.at[i], &diffid,
		                      fetch_layer, s, err);
		if (layer == NULL)
			return -1;
		array_push(&s->layers, layer);
	}
	return 0;
}

static int
find_root(const struct source_options *o, struct source_image *s,
          const struct missing_base *m, struct error *err)
{
	if (m->kind == CONTEXT_LAYOUT) {
		auto_free char *text = text_copy(m->name);

		return layout_find(text, &s->layout, &s->root, err);
	}
	if (reference_parse(&s->ref, m->name, err) < 0)
		return -1;
	return resolve(o, s, &m->platform, err);
}

struct source_image *
source_image_load(const struct source_options *o, const struct missing_base *m,
                  struct error *err)
{
	struct source_image *s = mem_new(sizeof *s);
	auto_free char *where = text_copy(m->name);

	s->arena = arena_new();
	s->store = o->store;
	s->registry = o->offline ? NULL : o->registry;
	s->cancel = o->cancel;
	s->base.name = arena_text(s->arena, m->name);
	s->base.kind = m->kind;
	platform_copy(&s->base.platform, &m->platform);
	s->base.image = s;
	if (find_root(o, s, m, err) < 0 ||
	    read_manifest(s, &m->platform, where, err) < 0 ||
	    read_config(s, where, err) < 0 || open_layers(s, err) < 0) {
		source_image_free(s);
		return NULL;
	}
	s->base.digest = s->manifest_digest;
	return s;
}

void
source_image_free(struct source_image *s)
{
	if (s == NULL)
		return;
	reference_clear(&s->ref);
	descriptor_clear(&s->root);
	manifest_clear(&s->manifest);
	json_decref(s->config);
	config_clear(&s->base.config);
	platform_clear(&s->base.platform);
	platform_clear(&s->base.image_platform);
	array_clear(&s->layers);
	free(s->layout);
	arena_free(s->arena);
	free(s);
}
