#include "builder/order/finish.h"

#include <fcntl.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/job.h"
#include "base/jsonio.h"
#include "base/map.h"
#include "builder/image/image.h"
#include "layers/layer.h"
#include "layers/squash.h"
#include "parser/step.h"

/* ------------------------------------------------------------ layers */

/* The steps of the target's chain that made a layer, first one first. */
static size_t
collect_added(const struct finish_options *o, const struct plan_image *planned,
              const struct image *image, struct added_layer *added, size_t max)
{
	size_t n = 0, layer = image->layers.n;

	for (step_id id = planned->step; id != STEP_NONE;
	     id = o->plan->steps.at[id].base) {
		const struct result *result = &o->solution->results[id];

		if (result->made.layer == NULL || n == max)
			continue;
		added[n] = (struct added_layer){ .step = id,
			                         .created_ns = result->made.created_ns };
		layer_diffid(image->layers.at[--layer], &added[n].diffid);
		n++;
	}
	for (size_t i = 0; i < n / 2; i++) {
		struct added_layer swap = added[i];

		added[i] = added[n - 1 - i];
		added[n - 1 - i] = swap;
	}
	return n;
}

/* The layer that squash_image() made stands for the last step that made one. */
static size_t
collect_squashed(const struct finish_options *o, const struct plan_image *planned,
                 const struct image *image, struct added_layer *added)
{
	for (step_id id = planned->step; id != STEP_NONE;
	     id = o->plan->steps.at[id].base) {
		const struct result *result = &o->solution->results[id];

		if (result->made.layer == NULL || image->layers.n == 0)
			continue;
		added[0] = (struct added_layer){ .step = id,
			                         .created_ns = result->made.created_ns };
		layer_diffid(image->layers.at[image->layers.n - 1], &added[0].diffid);
		return 1;
	}
	return 0;
}

/* The layers that the steps made become one. */
static int
squash_image(const struct finish_options *o, const struct plan_image *planned,
             struct image *image, struct error *err)
{
	const struct layer_options options = { .forms = LAYER_TAR,
		                               .epoch = o->env->epoch,
		                               .cancel = o->env->cancel };
	size_t n_made = 0, n_base = 0;
	struct layer *layer = NULL;

	for (step_id id = planned->step; id != STEP_NONE; id = o->plan->steps.at[id].base)
		n_made += o->solution->results[id].made.layer != NULL;
	n_base = o->squash == SQUASH_ALL ? 0 : image->layers.n - n_made;
	if (n_made == 0 || image->layers.n - n_base == 1)
		return 0;
	layer = layers_squash(o->env->store, image->layers.at, n_base, image->layers.n,
	                      &options, err);
	if (layer == NULL)
		return error_wrap(err, "--squash");
	image->layers.n = n_base;
	array_push(&image->layers, layer);
	return 0;
}

static const struct source_image *
base_of(const struct plan *plan, const struct plan_image *planned)
{
	const struct step *step = NULL;

	if (planned->base == STEP_NONE)
		return NULL;
	step = &plan->steps.at[planned->base];
	return step->kind == STEP_IMAGE ? step->image.base->image : NULL;
}

static void
assemble(const struct finish_options *o, const struct plan_image *planned,
         struct image *out)
{
	const struct source_image *base = base_of(o->plan, planned);
	size_t n = out->layers.n;
	auto_free struct added_layer *added = mem_new_n(n + 1, sizeof *added);
	auto_free struct digest *diffids = mem_new_n(n + 1, sizeof *diffids);
	size_t n_added = o->squash != SQUASH_NONE
	                         ? collect_squashed(o, planned, out, added)
	                         : collect_added(o, planned, out, added, n);

	for (size_t i = 0; i < n; i++)
		layer_diffid(out->layers.at[i], &diffids[i]);
	out->n_base = n - n_added;
	image_set_config(out, image_assemble(planned, base, added, n_added, diffids, n,
	                                     o->env->epoch, !o->omits_history,
	                                     n_added == 0 || o->squash != SQUASH_ALL,
	                                     &out->created_ns));
	platform_copy(&out->platform, &planned->platform);
	if (base != NULL) {
		out->base = source_image_mountable(base);
		out->base_digest = base->manifest_digest;
	}
}

/* Of the steps that the image needs: other platforms have records of their own. */
static int
add_cache(const struct finish_options *o, const struct plan_image *planned,
          struct image *image, struct error *err)
{
	const struct solution *solution = o->solution;
	size_t n = 0;
	auto_free struct cache_record *records = mem_new_n(solution->solved.n + 1,
	                                                   sizeof *records);
	auto_free bool *needed = mem_new_n(o->plan->steps.n, sizeof *needed);
	char *config = NULL;

	plan_mark_needed(o->plan, planned, needed);
	for (size_t i = 0; i < solution->solved.n; i++)
		if (needed[solution->solved.at[i].step])
			records[n++] = solution->solved.at[i].made;
	config = cache_records_add(
	        image->config,
	        cache_records_write(records, n, image->layers.at, image->layers.n), err);
	if (config == NULL)
		return -1;
	image_set_config(image, config);
	return 0;
}

static int
finish_image(const struct finish_options *o, const struct plan_image *planned,
             struct image *out, struct error *err)
{
	assemble(o, planned, out);
	return o->inline_cache ? add_cache(o, planned, out, err) : 0;
}

int
finish_images(const struct finish_options *o, struct image *images, struct error *err)
{
	size_t n = plan_n_images(o->plan);

	for (size_t i = 0; i < n; i++) {
		const struct plan_image *planned = plan_image_at(o->plan, i);
		const struct result *last = &o->solution->results[planned->step];

		for (size_t k = 0; k < last->layers.n; k++)
			array_push(&images[i].layers, last->layers.at[k]);
		if (o->squash != SQUASH_NONE &&
		    squash_image(o, planned, &images[i], err) < 0)
			return -1;
	}
	if (o->packed != NULL &&
	    images_pack(images, n, o->packed, o->env->cancel, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (finish_image(o, plan_image_at(o->plan, i), &images[i], err) < 0)
			return -1;
	return 0;
}

/* ------------------------------------------------------------ files */

static json_t *
join_names(const struct reference *names, size_t n)
{
	auto_buf struct buf b = BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		auto_free char *name = reference_print(&names[i]);

		if (i > 0)
			buf_add_char(&b, ',');
		buf_add_str(&b, name);
	}
	return jsonio_string(buf_text(&b));
}

static int
write_metadata(struct destination *d, const struct build_outcome *outcome,
               const struct reference *names, size_t n_names, struct error *err)
{
	auto_json json_t *json = json_object();
	auto_free char *text = NULL;
	char digest[DIGEST_TEXT_MAX];

	if (digest_known(&outcome->image_id))
		jsonio_set(json, "containerimage.config.digest",
		           json_string(digest_text(&outcome->image_id, digest)));
	if (digest_known(&outcome->root.digest)) {
		jsonio_set(json, "containerimage.descriptor",
		           descriptor_write(&outcome->root));
		jsonio_set(json, "containerimage.digest",
		           json_string(digest_text(&outcome->root.digest, digest)));
	}
	if (n_names > 0)
		jsonio_set(json, "image.name", join_names(names, n_names));
	text = jsonio_print_pretty(json);
	return destination_put(d, text_of(text), err);
}

/* "host/repo@sha256:…" or "host/repo:tag@sha256:…", a line for each name. */
static int
write_names(struct destination *d, const struct digest *digest,
            const struct reference *names, size_t n, bool with_tag, struct error *err)
{
	auto_buf struct buf lines = BUF_INIT;
	char text[DIGEST_TEXT_MAX];

	for (size_t i = 0; i < n; i++)
		buf_print(&lines, "%s/%s%s%s@%s\n", names[i].host, names[i].repo,
		          with_tag ? ":" : "", with_tag ? names[i].tag : "",
		          digest_text(digest, text));
	return destination_put(d, buf_text(&lines), err);
}

void
finish_files(const struct build_request *request, const struct build_outcome *outcome,
             const struct reference *names, size_t n_names, bool has_root,
             struct failures *failures)
{
	const struct digest *id = digest_known(&outcome->image_id)
	                                  ? &outcome->image_id
	                                  : &outcome->root.digest;
	auto_error struct error err = ERROR_INIT;

	if (request->iid != NULL && digest_known(id) &&
	    destination_put_digest(request->iid, id, &err) < 0)
		failures_add(failures, &err);
	if (request->digest != NULL && has_root && digest_known(&outcome->root.digest) &&
	    destination_put_digest(request->digest, &outcome->root.digest, &err) < 0)
		failures_add(failures, &err);
	if (request->name != NULL && has_root && digest_known(&outcome->root.digest) &&
	    write_names(request->name, &outcome->root.digest, names, n_names, false,
	                &err) < 0)
		failures_add(failures, &err);
	if (request->name_tag != NULL && has_root &&
	    digest_known(&outcome->root.digest) &&
	    write_names(request->name_tag, &outcome->root.digest, names, n_names, true,
	                &err) < 0)
		failures_add(failures, &err);
	if (request->metadata != NULL && has_root &&
	    write_metadata(request->metadata, outcome, names, n_names, &err) < 0)
		failures_add(failures, &err);
}
