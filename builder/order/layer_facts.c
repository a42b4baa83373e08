#include "builder/order/layer_facts.h"

#include <string.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "base/map.h"
#include "base/platform.h"
#include "layers/layer.h"
#include "layers/tree.h"

/* What the layers above have: */
struct above {
	struct map exact; /* a path, which replaces a file of this path */
	struct map below; /* a path under which nothing of lower layers is left */
};

static bool
is_hidden(const struct above *a, struct text path)
{
	if (map_has(&a->exact, path) || map_has(&a->below, TEXT("")))
		return true;
	for (size_t i = 1; i < path.n; i++)
		if (path.p[i] == '/' && map_has(&a->below, text_first(path, i)))
			return true;
	return false;
}

static void
add_tree(struct above *a, const struct tree *t)
{
	static char mark;

	for (size_t i = 0; i < t->n; i++) {
		const struct entry *e = &t->entries[i];

		if (e->type != ENTRY_DIR) {
			map_set(&a->exact, e->path, &mark);
			map_set(&a->below, e->path, &mark);
		} else if (e->opaque) {
			map_set(&a->below, e->path, &mark);
		}
	}
}

/* Sizes of the files of T, and of those that nobody can see. */
static void
weigh(const struct above *a, const struct tree *t, uint64_t *bytes, uint64_t *wasted)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct entry *e = &t->entries[i];

		if (e->type != ENTRY_FILE)
			continue;
		*bytes += e->size;
		if (e->size > 0 && is_hidden(a, e->path))
			*wasted += e->size;
	}
}

/* Nothing is fetched or unpacked for it. */
static const struct tree *
tree_at_hand(struct layer *l, bool looks)
{
	auto_error struct error ignored = ERROR_INIT;
	const bool is_near = layer_has(l, LAYER_TREE) || layer_has(l, LAYER_DIR) ||
	                     layer_has(l, LAYER_TAR);

	return looks && is_near ? layer_tree(l, &ignored) : NULL;
}

static json_t *
layer_json(struct layer *l, bool is_base, const struct tree *tree, const struct above *a)
{
	const struct layer_facts facts = layer_facts(l);
	const struct descriptor *blob = layer_blob(l);
	json_t *json = json_object();
	uint64_t bytes = 0, wasted = 0;
	char text[DIGEST_TEXT_MAX];

	if (digest_known(&facts.diffid))
		jsonio_set(json, "digest", json_string(digest_text(&facts.diffid, text)));
	jsonio_set(json, "base", json_boolean(is_base));
	if (tree != NULL)
		weigh(a, tree, &bytes, &wasted);
	else if (facts.tar_size > 0)
		bytes = facts.tar_size;
	else if (blob != NULL)
		bytes = blob->size;
	jsonio_set(json, "bytes", json_integer((json_int_t)bytes));
	if (tree != NULL) {
		jsonio_set(json, "files", json_integer((json_int_t)tree->n));
		jsonio_set(json, "wasted", json_integer((json_int_t)wasted));
	}
	return json;
}

/* BY without the values of build arguments, which may be secrets: "RUN |1 A=value /bin/sh
 * -c make" becomes "RUN make". */
static json_t *
without_values(const char *by)
{
	static const char shell[] = " /bin/sh -c ";
	const char *at = strstr(by, shell);
	auto_free char *shown = NULL;

	if (strncmp(by, "RUN |", strlen("RUN |")) != 0)
		return jsonio_string(text_of(by));
	shown = at == NULL ? mem_copy("RUN") : mem_print("RUN %s", at + strlen(shell));
	return jsonio_string(text_of(shown));
}

/* From the history of the config; images without one have no names. */
static void
name_layers(const struct image *image, json_t *layers)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_json json_t *config = jsonio_parse_printed(image->config, "config",
	                                                &ignored);
	const json_t *history = json_object_get(config, "history");
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(history); i++) {
		const json_t *entry = json_array_get(history, i);
		json_t *by = json_object_get(entry, "created_by");

		if (json_is_true(json_object_get(entry, "empty_layer")))
			continue;
		if (n < json_array_size(layers) && json_is_string(by))
			jsonio_set(json_array_get(layers, n), "createdBy",
			           without_values(json_string_value(by)));
		n++;
	}
}

static json_t *
image_json(const struct image *image, bool looks)
{
	auto_free char *platform = platform_print(&image->platform);
	json_t *json = json_object(), *layers = json_array();
	struct above above = { MAP_INIT, MAP_INIT };

	for (size_t i = image->layers.n; i-- > 0;) {
		struct layer *l = image->layers.at[i];
		const struct tree *tree = tree_at_hand(l, looks);

		json_array_insert_new(layers, 0,
		                      layer_json(l, i < image->n_base, tree, &above));
		if (tree != NULL)
			add_tree(&above, tree);
	}
	map_clear(&above.exact);
	map_clear(&above.below);
	if (image->config != NULL)
		name_layers(image, layers);
	jsonio_set(json, "platform", jsonio_string(text_of(platform)));
	jsonio_set(json, "layers", layers);
	return json;
}

json_t *
layer_facts_images(const struct image *images, size_t n, bool looks)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, image_json(&images[i], looks));
	return list;
}
