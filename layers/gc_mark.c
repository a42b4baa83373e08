#include "layers/gc_mark.h"

#include <string.h>

#include "base/file.h"
#include "base/jsonio.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/blob_name.h"
#include "layers/store.h"
#include "layers/store_state.h"
#include "layers/tags.h"

enum {
	HEX_DIGITS = 64,
	DEPTH_MAX = 8, /* of indexes in indexes */
};

#define DOCUMENT_MAX ((size_t)16 << 20)
#define RECORD_MAX   ((size_t)64 << 20)

/* True if NAME is there and was not marked before. */
static bool
mark_name(struct marks *m, const char *name)
{
	ptrdiff_t at = census_find(m->census, name);
	struct thing *t;

	if (at < 0)
		return false;
	t = &m->census->things.at[at];
	if (t->live)
		return false;
	t->live = true;
	if (m->sizes)
		census_measure(m->store, t);
	m->total += t->size;
	array_push(&m->order, (size_t)at);
	return true;
}

void
marks_truncate(struct marks *m, size_t n)
{
	while (m->order.n > n) {
		struct thing *t = &m->census->things.at[m->order.at[--m->order.n]];

		t->live = false;
		m->total -= t->size;
	}
}

/* ------------------------------------------------------------ images */

/* A document of the store; NULL if it is none, or not there. */
static json_t *
read_json(struct marks *m, const char *name, size_t max)
{
	auto_error struct error ignored = ERROR_INIT;
	json_t *json = NULL;

	return jsonio_read(store_fd(m->store), name, max, &json, &ignored) == 1 ? json
	                                                                        : NULL;
}

/* The blob that the descriptor OBJECT names. Returns its name, or "". */
static const char *
mark_descriptor(struct marks *m, const json_t *object, char name[BLOB_NAME_MAX])
{
	const char *text = json_string_value(json_object_get(object, "digest"));
	struct digest d;

	if (text == NULL || !digest_parse(&d, text_of(text)))
		return "";
	mark_name(m, blob_name(&d, name));
	return name;
}

/* An index or a manifest; its members tell which. */
static void
mark_manifest(struct marks *m, const char *blob, int depth)
{
	auto_json json_t *json = depth > DEPTH_MAX ? NULL
	                                           : read_json(m, blob, DOCUMENT_MAX);
	const json_t *manifests = json_object_get(json, "manifests");
	const json_t *layers = json_object_get(json, "layers");
	char name[BLOB_NAME_MAX];

	mark_descriptor(m, json_object_get(json, "config"), name);
	for (size_t i = 0; i < json_array_size(layers); i++)
		mark_descriptor(m, json_array_get(layers, i), name);
	for (size_t i = 0; i < json_array_size(manifests); i++)
		mark_manifest(m, mark_descriptor(m, json_array_get(manifests, i), name),
		              depth + 1);
}

int
mark_tags(struct marks *m, struct error *err)
{
	auto_tags struct tags tags = { 0 };

	if (tags_read(m->store, &tags, err) < 0)
		return -1;
	for (size_t i = 0; i < tags.list.n; i++) {
		char name[BLOB_NAME_MAX];

		blob_name(&tags.list.at[i].target.digest, name);
		mark_name(m, name);
		mark_manifest(m, name, 0);
	}
	return 0;
}

static void
mark_ref(struct marks *m, const struct thing *t)
{
	auto_json json_t *json = read_json(m, t->name, DOCUMENT_MAX);
	char name[BLOB_NAME_MAX];

	mark_manifest(m, mark_descriptor(m, json_object_get(json, "target"), name), 0);
}

/* ------------------------------------------------------------ layers */

static void
mark_note(struct marks *m, const struct thing *t)
{
	auto_json json_t *json = read_json(m, t->name, DOCUMENT_MAX);
	char name[BLOB_NAME_MAX];

	mark_descriptor(m, json, name);
}

/* Marks the tar of a layer, and what was made from it. */
static void
mark_diffid(struct marks *m, const char *hex)
{
	auto_free char *blob = mem_print("blobs/sha256/%s", hex);
	size_t note = (uintptr_t)map_find(&m->census->notes, text_of(hex));

	mark_name(m, blob);
	for (; note > 0; note = m->census->things.at[note - 1].next_note) {
		const struct thing *t = &m->census->things.at[note - 1];

		if (mark_name(m, t->name))
			mark_note(m, t);
	}
}

/* Marks a layer by its ID, which is its diffID unless its info says otherwise. */
static void
mark_layer(struct marks *m, const char *id)
{
	auto_free char *home = mem_print("layers/%s", id);
	auto_free char *tree = mem_print("trees/%s", id);
	auto_free char *info = mem_print("layers/%s/info", id);
	auto_json json_t *json = NULL;
	const char *diffid;
	struct digest d;
	char hex[DIGEST_HEX_MAX];

	mark_name(m, home);
	mark_name(m, tree);
	if (strlen(id) == HEX_DIGITS) {
		mark_diffid(m, id);
		return;
	}
	json = read_json(m, info, DOCUMENT_MAX);
	diffid = json_string_value(json_object_get(json, "diffid"));
	if (diffid != NULL && digest_parse(&d, text_of(diffid)))
		mark_diffid(m, digest_hex(&d, hex));
}

static void
mark_step(struct marks *m, const struct thing *t)
{
	auto_json json_t *json = read_json(m, t->name, RECORD_MAX);
	const json_t *layers = json_object_get(json, "layers");

	for (size_t i = 0; i < json_array_size(layers); i++) {
		const json_t *layer = json_array_get(layers, i);
		const char *id = json_string_value(json_object_get(layer, "id"));

		if (id != NULL && strchr(id, '/') == NULL)
			mark_layer(m, id);
	}
}

void
mark_thing(struct marks *m, size_t index)
{
	const struct thing *t = &m->census->things.at[index];

	if (!mark_name(m, t->name))
		return;
	switch (t->kind) {
	case THING_STEP:
		mark_step(m, t);
		break;
	case THING_REF:
		mark_ref(m, t);
		break;
	case THING_LAYER:
	case THING_TREE:
		mark_layer(m, t->key);
		break;
	case THING_NOTE:
		mark_note(m, t);
		break;
	case THING_BLOB:
	case THING_CONTEXT:
	case THING_MOUNT:
	case THING_FAILED:
	case THING_PLAIN:
	case THING_LEFTOVER:
	case N_THING_KINDS:
		break;
	}
}
