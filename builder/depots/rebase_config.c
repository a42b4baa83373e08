#include "builder/depots/rebase_config.h"

#include "base/base.h"
#include "base/jsonio.h"

static json_t *
diff_ids(const struct depot_image *image)
{
	return json_object_get(json_object_get(image->config, "rootfs"), "diff_ids");
}

int
rebase_below(const struct depot_image *image, const struct depot_image *old,
             struct error *err)
{
	size_t n = json_array_size(diff_ids(old));

	if (n != old->document.layers.n ||
	    json_array_size(diff_ids(image)) != image->document.layers.n)
		return error_set(err, ERR_DAMAGED, "a config does not fit its layers");
	for (size_t i = 0; i < n; i++)
		if (!json_equal(json_array_get(diff_ids(image), i),
		                json_array_get(diff_ids(old), i))) {
			error_set(err, ERR_SOURCE,
			          "layer %zu of the image is not that of the old base",
			          i + 1);
			return error_hint(err,
			                  "name the base it was built on: --old-base "
			                  "NAME@sha256:…");
		}
	return (int)n;
}

/* ------------------------------------------------------------ merging */

static bool
same(const json_t *a, const json_t *b)
{
	return (a == NULL && b == NULL) || json_equal(a, b);
}

/* KEY of OBJECT: what was as in OLD becomes as in NEW. */
static void
merge_value(json_t *object, const char *key, const json_t *old, const json_t *new)
{
	json_t *theirs = json_object_get(new, key);

	if (!same(json_object_get(object, key), json_object_get(old, key)))
		return;
	if (theirs == NULL)
		json_object_del(object, key);
	else
		jsonio_set(object, key, json_deep_copy(theirs));
}

/* The same for each member of the object KEY. */
static void
merge_members(json_t *object, const char *key, const json_t *old, const json_t *new)
{
	json_t *mine = json_object_get(object, key), *theirs = json_object_get(new, key);
	json_t *before = json_object_get(old, key), *value = NULL;
	auto_json json_t *all = NULL;
	const char *name = NULL;

	if (!json_is_object(mine) && !json_is_object(theirs))
		return;
	if (!json_is_object(mine)) {
		mine = json_object();
		jsonio_set(object, key, mine);
	}
	all = json_copy(mine);
	if (theirs != NULL)
		json_object_update_missing(all, theirs);
	json_object_foreach(all, name, value)
	{
		merge_value(mine, name, before, theirs);
	}
	if (json_object_size(mine) == 0)
		json_object_del(object, key);
}

/* A list of "NAME=value" as an object. */
static json_t *
env_object(const json_t *list)
{
	json_t *object = json_object(), *item = NULL;
	size_t i = 0;

	json_array_foreach(list, i, item)
	{
		struct text value = text_of(json_string_value(item));
		struct text name = text_cut(&value, '=');
		auto_free char *key = text_copy(name);

		if (value.p != NULL)
			jsonio_set(object, key, jsonio_string(value));
	}
	return object;
}

/* Adds the variables named in ORDER to LIST. BOTH: those of VALUES, with their values there;
 * else those that VALUES lacks. */
static void
add_env(json_t *list, json_t *order, json_t *values, bool both)
{
	const char *name = NULL;
	json_t *own = NULL;

	json_object_foreach(order, name, own)
	{
		json_t *value = json_object_get(values, name);
		auto_free char *text = NULL;

		if ((value != NULL) != both)
			continue;
		text = mem_print("%s=%s", name, json_string_value(both ? value : own));
		json_array_append_new(list, jsonio_string(text_of(text)));
	}
}

static void
merge_env(json_t *config, const json_t *old, const json_t *new)
{
	auto_json json_t *mine = json_pack("{s:o}", "e",
	                                   env_object(json_object_get(config, "Env")));
	auto_json json_t *before = json_pack("{s:o}", "e",
	                                     env_object(json_object_get(old, "Env")));
	auto_json json_t *theirs = json_pack("{s:o}", "e",
	                                     env_object(json_object_get(new, "Env")));
	json_t *list = json_array();

	merge_members(mine, "e", before, theirs);
	/* As a build on the new base has them: the base's first. */
	add_env(list, json_object_get(theirs, "e"), json_object_get(mine, "e"), true);
	add_env(list, json_object_get(mine, "e"), json_object_get(theirs, "e"), false);
	if (json_array_size(list) > 0) {
		jsonio_set(config, "Env", list);
		return;
	}
	json_decref(list);
	json_object_del(config, "Env");
}

static void
merge_config(json_t *mine, const json_t *old, const json_t *new)
{
	static const char *const objects[] = { "Labels", "ExposedPorts", "Volumes" };
	static const char *const values[] = { "User",        "WorkingDir", "Entrypoint",
		                              "Cmd",         "StopSignal", "Shell",
		                              "Healthcheck", "OnBuild" };

	for (size_t i = 0; i < COUNT_OF(objects); i++)
		merge_members(mine, objects[i], old, new);
	for (size_t i = 0; i < COUNT_OF(values); i++)
		merge_value(mine, values[i], old, new);
	merge_env(mine, old, new);
}

/* ------------------------------------------------------------ history */

/* The entry behind the N-th one that made a layer. */
static size_t
history_end(const json_t *history, size_t n)
{
	size_t i = 0;

	for (; i < json_array_size(history) && n > 0; i++)
		n -= !json_is_true(
		        json_object_get(json_array_get(history, i), "empty_layer"));
	return i;
}

static json_t *
join_history(const json_t *image, const json_t *old, const json_t *new, size_t n)
{
	size_t from = json_array_size(old);
	json_t *list = json_is_array(new) ? json_deep_copy(new) : json_array();

	/* The base's entries, and if it was built with others, what made its layers. */
	for (size_t i = 0; i < from; i++)
		if (!json_equal(json_array_get(image, i), json_array_get(old, i)))
			from = history_end(image, n);
	if (json_array_size(old) == 0)
		from = history_end(image, n);
	for (size_t i = from; i < json_array_size(image); i++)
		json_array_append(list, json_array_get(image, i));
	return list;
}

/* ------------------------------------------------------------ documents */

json_t *
rebase_config(const struct depot_image *image, const struct depot_image *old,
              const struct depot_image *new, size_t n)
{
	json_t *config = json_deep_copy(image->config);
	json_t *inner = json_object_get(config, "config"), *rootfs = NULL;
	json_t *ids = json_is_array(diff_ids(new)) ? json_copy(diff_ids(new))
	                                           : json_array();

	for (size_t i = n; i < json_array_size(diff_ids(image)); i++)
		json_array_append(ids, json_array_get(diff_ids(image), i));
	rootfs = json_object_get(config, "rootfs");
	jsonio_set(rootfs, "diff_ids", ids);
	if (!json_is_object(inner)) {
		inner = json_object();
		jsonio_set(config, "config", inner);
	}
	merge_config(inner, json_object_get(old->config, "config"),
	             json_object_get(new->config, "config"));
	jsonio_set(config, "history",
	           join_history(json_object_get(image->config, "history"),
	                        json_object_get(old->config, "history"),
	                        json_object_get(new->config, "history"), n));
	return config;
}

/* The type of a layer in a manifest of OCI's or of Docker's kind. */
static const char *
type_for(const char *type, bool docker)
{
	static const struct {
		const char *oci, *docker;
	} types[] = {
		{ MEDIA_OCI_LAYER, MEDIA_DOCKER_LAYER },
		{ MEDIA_OCI_LAYER_GZIP, MEDIA_DOCKER_LAYER_GZIP },
		{ MEDIA_OCI_LAYER_ZSTD, MEDIA_DOCKER_LAYER_ZSTD },
	};

	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (strcmp(type, types[i].oci) == 0 || strcmp(type, types[i].docker) == 0)
			return docker ? types[i].docker : types[i].oci;
	return type;
}

json_t *
rebase_manifest(const struct depot_image *image, const struct depot_image *new, size_t n,
                struct error *err)
{
	json_t *manifest = depot_json(buf_text(&image->manifest_text), "manifest", err);
	auto_json json_t *base = depot_json(buf_text(&new->manifest_text), "manifest",
	                                    err);
	json_t *layers = json_array(), *layer = NULL, *mine = NULL;
	bool docker = strcmp(image->manifest.media_type, MEDIA_DOCKER_MANIFEST) == 0;
	size_t i = 0;

	if (manifest == NULL || base == NULL) {
		json_decref(manifest);
		json_decref(layers);
		return NULL;
	}
	json_array_foreach(json_object_get(base, "layers"), i, layer)
	{
		const char *type = json_string_value(json_object_get(layer, "mediaType"));
		json_t *copy = json_deep_copy(layer);

		if (type != NULL)
			jsonio_set(copy, "mediaType",
			           json_string(type_for(type, docker)));
		json_array_append_new(layers, copy);
	}
	mine = json_object_get(manifest, "layers");
	for (i = n; i < json_array_size(mine); i++)
		json_array_append(layers, json_array_get(mine, i));
	jsonio_set(manifest, "layers", layers);
	return manifest;
}
