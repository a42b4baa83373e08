#include "builder/depots/diff.h"

#include "base/base.h"
#include "base/jsonio.h"
#include "builder/depots/depot.h"
#include "builder/depots/diff_files.h"
#include "layers/blob.h"
#include "layers/layer.h"
#include "layers/view.h"

/* One of the two images. */
struct side {
	struct depot *depot;
	struct depot_image image;
	ARRAY(struct layer *) layers;
	struct view *view;
};

static void
side_clear(struct side *s)
{
	view_free(s->view);
	array_clear(&s->layers);
	depot_image_clear(&s->image);
}
#define auto_side __attribute__((cleanup(side_clear)))

/* ------------------------------------------------------------ JSON */

static void
add_difference(json_t *list, const char *path, json_t *a, json_t *b)
{
	json_t *object = json_object();

	jsonio_set(object, "path", json_string(path));
	jsonio_set(object, "a", a == NULL ? json_null() : json_incref(a));
	jsonio_set(object, "b", b == NULL ? json_null() : json_incref(b));
	json_array_append_new(list, object);
}

/* Lists of objects, as the history is, are compared one by one. */
static bool
has_objects(const json_t *list)
{
	return json_is_array(list) && json_is_object(json_array_get(list, 0));
}

static void compare_json(json_t *list, const char *path, json_t *a, json_t *b,
                         bool ignore_times, int depth);

static void
compare_members(json_t *list, const char *path, json_t *a, json_t *b, bool ignore_times,
                int depth)
{
	auto_json json_t *all = json_copy(a);
	const char *key = NULL;
	json_t *value = NULL;

	json_object_update_missing(all, b);
	json_object_foreach(all, key, value)
	{
		auto_free char *inner = mem_print("%s%s%s", path,
		                                  *path == '\0' ? "" : ".", key);

		if (ignore_times && strcmp(key, "created") == 0)
			continue;
		compare_json(list, inner, json_object_get(a, key),
		             json_object_get(b, key), ignore_times, depth + 1);
	}
}

static void
compare_json(json_t *list, const char *path, json_t *a, json_t *b, bool ignore_times,
             int depth)
{
	/* Layers are told by themselves. */
	if (strcmp(path, "rootfs.diff_ids") == 0 || (a == NULL && b == NULL) ||
	    json_equal(a, b))
		return;
	if (depth < 16 && json_is_object(a) && json_is_object(b)) {
		compare_members(list, path, a, b, ignore_times, depth);
		return;
	}
	if (depth < 16 && has_objects(a) && has_objects(b)) {
		for (size_t i = 0; i < json_array_size(a) || i < json_array_size(b);
		     i++) {
			auto_free char *inner = mem_print("%s[%zu]", path, i);

			compare_json(list, inner, json_array_get(a, i),
			             json_array_get(b, i), ignore_times, depth + 1);
		}
		return;
	}
	add_difference(list, path, a, b);
}

/* What the manifests say besides config and layers. */
static json_t *
compare_manifests(const struct side *a, const struct side *b, struct error *err)
{
	static const char *const members[] = { "mediaType", "artifactType", "annotations",
		                               "subject" };
	auto_json json_t *of_a = depot_json(buf_text(&a->image.manifest_text), "a", err);
	auto_json json_t *of_b = depot_json(buf_text(&b->image.manifest_text), "b", err);
	json_t *list = NULL;

	if (of_a == NULL || of_b == NULL)
		return NULL;
	list = json_array();
	for (size_t i = 0; i < COUNT_OF(members); i++)
		compare_json(list, members[i], json_object_get(of_a, members[i]),
		             json_object_get(of_b, members[i]), false, 0);
	return list;
}

/* ------------------------------------------------------------ layers */

static const char *
diffid(const struct side *s, size_t i)
{
	const json_t *rootfs = json_object_get(s->image.config, "rootfs");

	return json_string_value(json_array_get(json_object_get(rootfs, "diff_ids"), i));
}

static json_t *
list_layers(const struct side *s, size_t from)
{
	json_t *list = json_array();

	for (size_t i = from; i < s->image.document.layers.n; i++) {
		const struct descriptor *d = &s->image.document.layers.at[i];
		json_t *object = json_object();
		char digest[DIGEST_TEXT_MAX];

		jsonio_set(object, "digest",
		           json_string(digest_text(&d->digest, digest)));
		jsonio_set(object, "size", json_integer((json_int_t)d->size));
		jsonio_set(object, "mediaType", json_string(d->media_type));
		if (diffid(s, i) != NULL)
			jsonio_set(object, "diffId", json_string(diffid(s, i)));
		json_array_append_new(list, object);
	}
	return list;
}

/* Layers are the same if their content is: the diffIDs. */
static json_t *
compare_layers(const struct side *a, const struct side *b)
{
	json_t *object = json_object();
	size_t n = 0;

	while (n < a->image.document.layers.n && n < b->image.document.layers.n &&
	       diffid(a, n) != NULL && diffid(b, n) != NULL &&
	       strcmp(diffid(a, n), diffid(b, n)) == 0)
		n++;
	jsonio_set(object, "common", json_integer((json_int_t)n));
	jsonio_set(object, "a", list_layers(a, n));
	jsonio_set(object, "b", list_layers(b, n));
	return object;
}

/* ------------------------------------------------------------ files */

/* Brings a layer's blob into the store. A layer_fetch_fn. */
static int
fetch(void *arg, const struct descriptor *d, struct growing_blob *reader,
      struct error *err)
{
	const struct side *s = arg;
	auto_blob_in struct blob_in in = { .fd = -1, .d = d };
	struct depot store = { .options = s->depot->options };
	enum push_outcome outcome;

	(void)reader;
	if (blob_has(s->depot->options->store, &d->digest, NULL))
		return 0;
	if (s->depot->ops->blob(s->depot, d, &in, err) < 0)
		return -1;
	return depot_ops_store.put_blob(&store, d, NULL, false, &in, &outcome, err);
}

static int
open_view(struct side *s, struct error *err)
{
	const struct export_options *o = s->depot->options;

	for (size_t i = 0; i < s->image.document.layers.n; i++) {
		const char *text = diffid(s, i);
		struct layer *layer = NULL;
		struct digest id;

		if (text == NULL || !digest_parse(&id, text_of(text)))
			return error_set(err, ERR_DAMAGED, "%s: layer %zu has no diff_id",
			                 s->depot->shown, i + 1);
		layer = layer_of_blob(o->store, &s->image.document.layers.at[i], &id,
		                      fetch, s, err);
		if (layer == NULL)
			return -1;
		array_push(&s->layers, layer);
	}
	if (layers_make(s->layers.at, s->layers.n, LAYER_TREE, o->cancel, err) < 0)
		return error_wrap(err, "%s", s->depot->shown);
	s->view = view_new(s->layers.at, s->layers.n, err);
	return s->view == NULL ? -1 : 0;
}

static json_t *
compare_files(struct side *a, struct side *b, const struct diff_options *o,
              struct error *err)
{
	if (open_view(a, err) < 0 || open_view(b, err) < 0)
		return NULL;
	return diff_files(a->view, b->view, o->ignore_times, a->depot->options->cancel,
	                  err);
}

/* ------------------------------------------------------------ all */

static json_t *
show_side(const struct side *s)
{
	json_t *object = json_object();
	char digest[DIGEST_TEXT_MAX];

	jsonio_set(object, "name", jsonio_string(text_of(s->depot->shown)));
	jsonio_set(object, "digest",
	           json_string(digest_text(&s->image.root.descriptor.digest, digest)));
	jsonio_set(object, "manifestDigest",
	           json_string(digest_text(&s->image.manifest.digest, digest)));
	return object;
}

static bool
is_empty(const json_t *object, const char *const *lists)
{
	for (; *lists != NULL; lists++)
		if (json_array_size(json_object_get(object, *lists)) > 0)
			return false;
	return true;
}

static int
compare(struct side *a, struct side *b, const struct diff_options *o, json_t *out,
        struct error *err)
{
	json_t *config = json_array(), *manifest = compare_manifests(a, b, err);
	json_t *files = NULL;
	bool alike = false;

	jsonio_set(out, "config", config);
	if (manifest == NULL)
		return -1;
	jsonio_set(out, "manifest", manifest);
	compare_json(config, "", a->image.config, b->image.config, o->ignore_times, 0);
	jsonio_set(out, "layers", compare_layers(a, b));
	alike = is_empty(json_object_get(out, "layers"),
	                 (const char *const[]){ "a", "b", NULL });
	if (o->no_files)
		return 0;
	/* Equal layers are equal files. */
	files = alike ? json_pack("{s:[],s:[],s:[]}", "added", "removed", "changed")
	              : compare_files(a, b, o, err);
	if (files == NULL)
		return -1;
	jsonio_set(out, "files", files);
	return 0;
}

int
images_diff(struct depot *a, struct depot *b, const struct diff_options *o, json_t **out,
            bool *same, struct error *err)
{
	auto_side struct side x = { .depot = a }, y = { .depot = b };
	auto_json json_t *object = json_object();
	const json_t *files = NULL;
	bool files_tell = false;

	if (depot_image(a, o->platform, &x.image, err) < 0 ||
	    depot_image(b, o->platform, &y.image, err) < 0)
		return -1;
	jsonio_set(object, "same", json_false());
	jsonio_set(object, "a", show_side(&x));
	jsonio_set(object, "b", show_side(&y));
	if (compare(&x, &y, o, object, err) < 0)
		return -1;
	files = json_object_get(object, "files");
	/* Without times, layers that differ in nothing else are alike. */
	files_tell = o->ignore_times && files != NULL;
	*same = is_empty(object, (const char *const[]){ "config", "manifest", NULL }) &&
	        is_empty(files,
	                 (const char *const[]){ "added", "removed", "changed", NULL }) &&
	        (files_tell || is_empty(json_object_get(object, "layers"),
	                                (const char *const[]){ "a", "b", NULL }));
	jsonio_set(object, "same", json_boolean(*same));
	*out = take(object);
	return 0;
}
