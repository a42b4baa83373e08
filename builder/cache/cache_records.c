#include "builder/cache/cache_records.h"

#include "base/base.h"
#include "base/clock.h"
#include "base/jsonio.h"
#include "base/map.h"
#include "layers/layer.h"

#define MEMBER "cooper.cache"

/* No build has more steps. */
enum { VERSION = 1, RECORDS_MAX = 1000000 };

struct cache_records {
	struct map records; /* key in hex → struct record; owned */
};

/* ------------------------------------------------------------ writing */

/* From a layer's id to its number + 1. */
static void
number_layers(struct map *numbers, struct layer *const *layers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		map_set(numbers, text_of(layer_id(layers[i])), (void *)(i + 1));
}

/* NULL if its layer is none of those. */
static json_t *
write_record(const struct cache_record *r, const struct map *numbers)
{
	char hex[DIGEST_HEX_MAX], created[CLOCK_TEXT_MAX];
	size_t number = 0;
	json_t *json = NULL;

	if (r->record.layer != NULL) {
		number = (size_t)map_find(numbers, text_of(layer_id(r->record.layer)));
		if (number == 0)
			return NULL;
	}
	json = json_object();
	jsonio_set(json, "key", json_string(digest_hex(&r->key, hex)));
	jsonio_set(json, "created",
	           json_string(clock_print(r->record.created_ns, created)));
	if (number > 0)
		jsonio_set(json, "layer", json_integer((json_int_t)number - 1));
	return json;
}

json_t *
cache_records_write(const struct cache_record *records, size_t n,
                    struct layer *const *layers, size_t n_layers)
{
	auto_map struct map numbers = MAP_INIT;
	json_t *json = json_object(), *list = json_array();

	number_layers(&numbers, layers, n_layers);
	for (size_t i = 0; i < n; i++) {
		json_t *record = write_record(&records[i], &numbers);

		if (record != NULL)
			json_array_append_new(list, record);
	}
	jsonio_set(json, "version", json_integer(VERSION));
	jsonio_set(json, "records", list);
	return json;
}

char *
cache_records_add(const char *config, json_t *taken, struct error *err)
{
	auto_json json_t *json = jsonio_parse_printed(config, "config", err);

	if (!json_is_object(json)) {
		if (json != NULL)
			error_set(err, ERR_DAMAGED, "config: not an object");
		json_decref(taken);
		return NULL;
	}
	jsonio_set(json, MEMBER, taken);
	return jsonio_print(json);
}

/* ------------------------------------------------------------ reading */

struct cache_records *
cache_records_new(void)
{
	return mem_new(sizeof(struct cache_records));
}

void
cache_records_free(struct cache_records *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->records.n; i++)
		free(p->records.items[i].value);
	map_clear(&p->records);
	free(p);
}

/* The layer that JSON (may be NULL) counts: 1 and *OUT, 0 none is meant, -1. */
static int
find_layer(const json_t *json, struct layer *const *layers, size_t n, struct layer **out)
{
	if (json == NULL)
		return 0;
	if (!json_is_integer(json) || json_integer_value(json) < 0 ||
	    (uint64_t)json_integer_value(json) >= n)
		return -1;
	*out = layers[json_integer_value(json)];
	return 1;
}

static int
read_record(struct cache_records *p, const json_t *json, struct layer *const *layers,
            size_t n, struct error *err)
{
	const char *key = json_string_value(json_object_get(json, "key"));
	const char *created = json_string_value(json_object_get(json, "created"));
	auto_free char *text = mem_print("sha256:%s", key == NULL ? "" : key);
	struct record record = { 0 }, *kept = NULL;
	struct digest digest;

	if (!digest_parse(&digest, text_of(text)) || created == NULL ||
	    !clock_parse(text_of(created), &record.created_ns) ||
	    find_layer(json_object_get(json, "layer"), layers, n, &record.layer) < 0)
		return error_set(err, ERR_DAMAGED, "a record without key, time or layer");
	if (map_has(&p->records, text_of(key)))
		return 0;
	kept = mem_new(sizeof *kept);
	*kept = record;
	map_set(&p->records, text_of(key), kept);
	return 0;
}

ssize_t
cache_records_read(struct cache_records *p, const json_t *config,
                   struct layer *const *layers, size_t n_layers, struct error *err)
{
	const json_t *cache = json_object_get(config, MEMBER);
	const json_t *list = json_object_get(cache, "records"), *record = NULL;
	const json_t *version = json_object_get(cache, "version");
	size_t i = 0;

	if (cache == NULL)
		return 0;
	if (!json_is_integer(version) || json_integer_value(version) != VERSION)
		return error_set(err, ERR_DAMAGED, "its version is not %d", VERSION);
	if (!json_is_array(list) || json_array_size(list) > RECORDS_MAX)
		return error_set(err, ERR_DAMAGED, "no list of records");
	json_array_foreach(list, i, record)
	{
		if (read_record(p, record, layers, n_layers, err) < 0)
			return -1;
	}
	return (ssize_t)i;
}

bool
cache_records_find(const struct cache_records *p, const struct digest *key,
                   struct record *out)
{
	char hex[DIGEST_HEX_MAX];
	const struct record *found = NULL;

	if (p != NULL)
		found = map_find(&p->records, text_of(digest_hex(key, hex)));
	if (found == NULL || (found->layer != NULL && layer_is_lost(found->layer)))
		return false;
	*out = *found;
	return true;
}
