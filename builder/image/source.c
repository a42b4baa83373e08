#include "builder/image/blob_place.h"

#include "base/base.h"
#include "base/jsonio.h"
#include "layers/blob.h"
#include "layers/layer.h"
#include "parser/config.h"
#include "parser/plan.h"

/* The limit for configs; that of a cache describes every step. */
#define CONFIG_VALUES_MAX 500000

static int
fetch_layer(void *arg, const struct descriptor *blob, struct growing_blob *reader,
            struct error *err)
{
	struct source_image *s = arg;

	return s->place->fetch(s, blob, BLOB_LAYER, reader, err);
}

/* Reads from the store: 1, 0 if it is missing or damaged, -1. */
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

/* A manifest, index or config as text: from the store, else from where the image
 * comes from, and then kept. */
static int
document_read(struct source_image *s, const struct descriptor *d, enum blob_role role,
              struct buf *out, struct error *err)
{
	size_t max = role == BLOB_MANIFEST ? MANIFEST_SIZE_MAX : CONFIG_SIZE_MAX;
	int found;

	if (d->size > max)
		return error_set(err, ERR_DAMAGED, "document of %llu bytes is too large",
		                 (unsigned long long)d->size);
	found = document_find(s, d, max, out, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (s->place->fetch(s, d, role, NULL, err) < 0)
		return -1;
	return blob_read(s->store, &d->digest, max, out, err);
}

static int
read_document(void *arg, const struct descriptor *d, struct buf *out, struct error *err)
{
	return document_read(arg, d, BLOB_MANIFEST, out, err);
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

	if (document_read(s, &s->manifest.config, BLOB_CONFIG, &text, err) < 0)
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

struct source_image *
source_image_load_from(const struct blob_place *place, const struct source_options *o,
                       const struct missing_base *m, struct error *err)
{
	struct source_image *s = mem_new(sizeof *s);
	auto_free char *where = text_copy(m->name);

	s->arena = arena_new();
	s->store = o->store;
	s->cancel = o->cancel;
	s->base.name = arena_text(s->arena, m->name);
	s->base.kind = m->kind;
	platform_copy(&s->base.platform, &m->platform);
	s->base.image = s;
	s->place = place;
	if (s->place->find(o, m, s, err) < 0 ||
	    read_manifest(s, &m->platform, where, err) < 0 ||
	    read_config(s, where, err) < 0 || open_layers(s, err) < 0) {
		source_image_free(s);
		return NULL;
	}
	s->base.digest = s->manifest_digest;
	return s;
}

struct source_image *
source_image_load(const struct source_options *o, const struct missing_base *m,
                  struct error *err)
{
	return source_image_load_from(blob_place_of(m->kind), o, m, err);
}

void
source_image_show(struct source_image *s, int vertex)
{
	__atomic_store_n(&s->vertex, vertex, __ATOMIC_RELAXED);
}

const struct reference *
source_image_mountable(const struct source_image *s)
{
	return s->place->mountable == NULL ? NULL : s->place->mountable(s->at);
}

void
source_image_free(struct source_image *s)
{
	if (s == NULL)
		return;
	s->place->close(s->at);
	descriptor_clear(&s->root);
	manifest_clear(&s->manifest);
	json_decref(s->config);
	config_clear(&s->base.config);
	platform_clear(&s->base.platform);
	platform_clear(&s->base.image_platform);
	array_clear(&s->layers);
	arena_free(s->arena);
	free(s);
}
