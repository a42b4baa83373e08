#include "builder/order/cache_exchange.h"

#include "base/base.h"
#include "base/event.h"
#include "base/jsonio.h"
#include "base/map.h"
#include "builder/export/cache_place.h"
#include "layers/layer.h"
#include "parser/step.h"

/* ------------------------------------------------------------ in */

/* NULL with ERR. */
static struct source_image *
load(const struct cache_place *place, const struct source_options *source,
     struct error *err)
{
	struct source_options options = *source;
	auto_platform struct platform host = PLATFORM_INIT;
	struct missing_base wanted = { .name = text_of(place->name) };

	/* A cache is another one after every build that writes it. */
	if (!options.offline)
		options.policy = PULL_ALWAYS;
	platform_host(&host);
	wanted.platform = host;
	return source_image_load_from(cache_row_of(place)->place, &options, &wanted, err);
}

static void
import(const struct cache_place *place, const struct source_options *source,
       struct bases *bases, struct cache_records *into)
{
	auto_free char *title = mem_print("importing cache from %s", place->name);
	auto_error struct error err = ERROR_INIT;
	int vertex = event_begin(title);
	struct source_image *image = load(place, source, &err);
	ssize_t n = -1;

	if (image != NULL) {
		array_push(&bases->images, image);
		n = cache_records_read(into, image->config, image->layers.at,
		                       image->layers.n, &err);
	}
	if (n < 0)
		event_warn_error(vertex, &err, "no cache from %s", place->name);
	else if (n == 0)
		event_warn(vertex, "there is no cache in %s", place->name);
	event_end(vertex, OUTCOME_DONE, NULL);
}

struct cache_records *
cache_import(const struct build_request *request, const struct source_options *source,
             struct bases *bases)
{
	struct cache_records *p = NULL;

	if (request->cache_from.n == 0 || request->no_cache)
		return NULL;
	p = cache_records_new();
	for (size_t i = 0; i < request->cache_from.n; i++)
		import(&request->cache_from.at[i], source, bases, p);
	return p;
}

/* ------------------------------------------------------------ what goes out */

/* Marks the steps that images of PLAN stand on. */
static void
mark_targets(const struct plan *plan, bool *is_of_target)
{
	for (size_t i = 0; i < plan_n_images(plan); i++)
		for (step_id id = plan_image_at(plan, i)->step; id != STEP_NONE;
		     id = plan->steps.at[id].base)
			is_of_target[id] = true;
}

void
cache_export_add(struct cache_export *c, const struct plan *plan,
                 const struct solution *solution)
{
	auto_free bool *is_of_target = mem_new_n(plan->steps.n, sizeof *is_of_target);

	mark_targets(plan, is_of_target);
	for (size_t i = 0; i < solution->solved.n; i++) {
		const struct solved *s = &solution->solved.at[i];

		array_push(&c->all, s->made);
		if (is_of_target[s->step])
			array_push(&c->target, s->made);
	}
}

bool
cache_export_has_lost(const struct cache_export *c)
{
	for (size_t i = 0; i < c->all.n; i++)
		if (c->all.at[i].record.layer != NULL &&
		    layer_is_lost(c->all.at[i].record.layer))
			return true;
	return false;
}

void
cache_export_clear(struct cache_export *c)
{
	array_clear(&c->all);
	array_clear(&c->target);
}

/* ------------------------------------------------------------ out */

/* The layers of N records, each once, in their order. */
static void
collect_layers(const struct cache_record *records, size_t n, struct image *out)
{
	auto_map struct map seen = MAP_INIT;

	for (size_t i = 0; i < n; i++) {
		struct layer *layer = records[i].record.layer;

		if (layer != NULL && map_set(&seen, text_of(layer_id(layer)), layer))
			array_push(&out->layers, layer);
	}
}

static int
write_config(const struct cache_record *records, size_t n, struct image *image,
             struct error *err)
{
	auto_json json_t *config = json_object();
	auto_free char *text = NULL;
	char *whole = NULL;
	json_t *rootfs = json_object(), *ids = json_array();

	for (size_t i = 0; i < image->layers.n; i++) {
		char diffid[DIGEST_TEXT_MAX];
		struct digest d;

		layer_diffid(image->layers.at[i], &d);
		json_array_append_new(ids, json_string(digest_text(&d, diffid)));
	}
	jsonio_set(config, "architecture", json_string(image->platform.arch));
	jsonio_set(config, "os", json_string(image->platform.os));
	jsonio_set(rootfs, "type", json_string("layers"));
	jsonio_set(rootfs, "diff_ids", ids);
	jsonio_set(config, "rootfs", rootfs);
	text = jsonio_print(config);
	whole = cache_records_add(
	        text, cache_records_write(records, n, image->layers.at, image->layers.n),
	        err);
	if (whole == NULL)
		return -1;
	image_set_config(image, whole);
	return 0;
}

static int export(const struct cache_place *place, const struct build_env *env,
                  const struct cache_record *records, size_t n, struct error *err)
{
	const struct export_options options = { .store = env->store,
		                                .registry = env->registry,
		                                .epoch = env->epoch,
		                                .cancel = env->cancel };
	struct compressor packed = output_compressor(&place->output, false);
	auto_descriptor struct descriptor root = DESCRIPTOR_INIT;
	struct image image = { 0 };
	int failed = 0;

	platform_host(&image.platform);
	collect_layers(records, n, &image);
	failed = images_pack(&image, 1, &packed, env->cancel, err);
	if (failed == 0)
		failed = write_config(records, n, &image, err);
	if (failed == 0)
		failed = export_write_by(cache_row_of(place)->write, &place->output,
		                         &options, &image, 1, &root, err);
	image_clear(&image);
	return failed < 0 ? error_wrap(err, "export cache to %s", place->name) : 0;
}

int
cache_export_write(const struct build_request *request, const struct build_env *env,
                   struct cache_export *c, struct error *err)
{
	for (size_t i = 0; i < request->cache_to.n; i++) {
		const struct cache_place *place = &request->cache_to.at[i];
		const struct cache_record *records = place->all_steps ? c->all.at
		                                                      : c->target.at;
		size_t n = place->all_steps ? c->all.n : c->target.n;

		if (!cache_place_is_apart(place) ||
		    export(place, env, records, n, err) == 0)
			continue;
		if (!place->ignore_error || err->code == ERR_CANCELLED)
			return -1;
		event_warn_error(0, err, "cache");
		error_clear(err);
	}
	return 0;
}

bool
cache_is_inline(const struct build_request *request, const struct plan *plan)
{
	for (size_t i = 0; i < request->cache_to.n; i++)
		if (request->cache_to.at[i].kind == CACHE_INLINE)
			return true;
	return plan->inline_cache;
}
