#include "builder/order/outputs.h"

#include "base/base.h"
#include "base/event.h"
#include "base/map.h"
#include "builder/order/finish.h"

/* ------------------------------------------------------------ before */

static int
check_annotations(const struct outputs *o, struct error *err)
{
	const struct build_request *r = o->request;
	bool any = false;

	for (size_t i = 0; i < r->outputs.n; i++) {
		any = any || output_has_layers(&r->outputs.at[i]);
		if (annotations_check(&r->outputs.at[i].annotations, o->platforms,
		                      o->n_platforms, o->multi, err) < 0)
			return error_wrap(err, "--output");
	}
	if (annotations_check(&r->annotations, o->platforms, o->n_platforms, o->multi,
	                      err) < 0)
		return error_wrap(err, "--annotation");
	if (!any && r->annotations.list.n > 0)
		event_warn(0, "--annotation: no output is an image");
	return 0;
}

/* Each repository once. */
static int
try_push(const struct outputs *o, const struct reference *ref, struct map *tried,
         struct error *err)
{
	auto_free char *place = mem_print("%s/%s", ref->host, ref->repo);

	if (!map_set(tried, text_of(place), tried))
		return 0;
	return registry_try_push(o->registry, ref, err) < 0
	               ? error_wrap(err, "push %s", place)
	               : 0;
}

static int
try_names(const struct outputs *o, const struct output *output, struct map *tried,
          struct error *err)
{
	for (size_t i = 0; i < output->names.n; i++) {
		auto_reference struct reference ref = REFERENCE_INIT;

		if (reference_parse(&ref, output->names.at[i], err) < 0)
			return error_wrap(err, "--output name");
		if (try_push(o, &ref, tried, err) < 0)
			return -1;
	}
	return 0;
}

/* If a push is not allowed, the build would be in vain. */
static int
try_pushes(const struct outputs *o, struct error *err)
{
	const struct build_request *r = o->request;
	auto_map struct map tried = MAP_INIT;

	for (size_t i = 0; i < r->outputs.n; i++) {
		if (!output_is_pushed(&r->outputs.at[i]))
			continue;
		for (size_t j = 0; j < o->n_names; j++)
			if (try_push(o, &o->names[j], &tried, err) < 0)
				return -1;
		if (try_names(o, &r->outputs.at[i], &tried, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < r->cache_to.n; i++)
		if (output_is_pushed(&r->cache_to.at[i].output) &&
		    !r->cache_to.at[i].ignore_error &&
		    try_names(o, &r->cache_to.at[i].output, &tried, err) < 0)
			return error_wrap(err, "--cache-to");
	return 0;
}

int
outputs_check(const struct outputs *o, struct error *err)
{
	if (check_annotations(o, err) < 0)
		return -1;
	return o->request->dry_run ? 0 : try_pushes(o, err);
}

/* ------------------------------------------------------------ after */

static int
write_one(const struct outputs *o, size_t i, const struct export_options *options,
          const struct image *images, size_t n, struct descriptor *root,
          struct error *err)
{
	const struct output *output = &o->request->outputs.at[i];

	if (output->destination != NULL) {
		destination_set_cancel(output->destination, options->cancel);
		if (destination_restart(output->destination, err) < 0)
			return -1;
	}
	if (export_write(output, options, images, n, root, err) < 0)
		return -1;
	o->written[i] = true;
	return 0;
}

bool
outputs_write(const struct outputs *o, const struct image *images, size_t n,
              struct build_outcome *out, struct failures *failures)
{
	const struct build_request *r = o->request;
	const struct export_options options = { .store = o->store,
		                                .registry = o->registry,
		                                .tags = o->names,
		                                .n_tags = o->n_names,
		                                .multi = o->multi || n > 1,
		                                .epoch = o->epoch,
		                                .annotations = &r->annotations,
		                                .cancel = r->cancel };
	bool has_root = true;

	for (size_t i = 0; i < r->outputs.n; i++) {
		const struct output *output = &r->outputs.at[i];
		auto_descriptor struct descriptor root = DESCRIPTOR_INIT;
		auto_error struct error err = ERROR_INIT;

		if (output->destination != NULL && o->written[i])
			continue;
		if (write_one(o, i, &options, images, n, &root, &err) < 0) {
			has_root = has_root && !output_has_layers(output);
			failures_add(failures, &err);
		}
		if (digest_known(&root.digest)) {
			descriptor_clear(&out->root);
			descriptor_copy(&out->root, &root);
		}
	}
	if (n == 1 && !options.multi)
		out->image_id = images[0].config_digest;
	return has_root;
}

void
outputs_finish(const struct outputs *o, bool has_root, const struct build_outcome *out,
               struct failures *failures)
{
	finish_files(o->request, out, o->names, o->n_names, has_root, failures);
}
