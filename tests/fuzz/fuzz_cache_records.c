/* Any bytes as a config with cache records. What is accepted can be found again and
 * points to layers that there are. */
#include <assert.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "builder/cache/cache_records.h"
#include "layers/layer.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { LAYERS = 3 };

/* Every record of CONFIG leads to one of LAYERS, or to none. */
static void
check_records(const struct cache_records *p, const json_t *config,
              struct layer *const layers[LAYERS])
{
	const json_t *list = json_object_get(json_object_get(config, "cooper.cache"),
	                                     "records");
	const json_t *item = NULL;
	size_t i = 0;

	json_array_foreach(list, i, item)
	{
		auto_free char *text = mem_print(
		        "sha256:%s", json_string_value(json_object_get(item, "key")));
		struct record found = { 0 };
		struct digest key;
		bool known = false;

		assert(digest_parse(&key, text_of(text)));
		assert(cache_records_find(p, &key, &found));
		for (size_t k = 0; k < LAYERS; k++)
			known = known || found.layer == layers[k];
		assert(known || found.layer == NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	auto_error struct error err = ERROR_INIT;
	auto_json json_t *config = jsonio_parse((struct text){ (const char *)bytes, n },
	                                        "config", &err);
	struct layer *layers[LAYERS];
	struct cache_records *p = cache_records_new();
	ssize_t found = -1;

	for (size_t i = 0; i < LAYERS; i++)
		layers[i] = layer_of_files(NULL, 0, -1, NULL);
	if (config != NULL)
		found = cache_records_read(p, config, layers, LAYERS, &err);
	if (found > 0)
		check_records(p, config, layers);
	else if (found < 0)
		assert(err.text != NULL);
	cache_records_free(p);
	for (size_t i = 0; i < LAYERS; i++)
		layer_free_source(layers[i]);
	return 0;
}
