#include "builder/order/dry_run.h"

#include "base/base.h"
#include "base/jsonio.h"
#include "base/map.h"
#include "base/number.h"
#include "layers/layer.h"
#include "parser/dockerfile.h"
#include "parser/plan.h"
#include "parser/step.h"

/* Bytes of a step's name in the text. */
#define SHOWN_MAX 120

/* Indexed by step_verdict. */
static const char *const verdicts[] = { "", "HIT", "MISS", "SKIPPED" };

static size_t
count(const struct dry_run *r, enum step_verdict verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < r->plan->steps.n; i++)
		n += r->fates[i].verdict == verdict;
	return n;
}

bool
dry_run_all_cached(const struct dry_run *r)
{
	return count(r, VERDICT_MISS) == 0;
}

/* ------------------------------------------------------------ downloads */

/* Layers of one base image that are not in the store. */
struct download {
	const struct base_image *base;
	size_t n_layers;
	uint64_t bytes;
};

struct downloads {
	struct download *at;
	size_t n, cap;
};

static bool
is_target_base(const struct dry_run *r, size_t step)
{
	for (size_t i = 0; i < plan_n_images(r->plan); i++)
		if (plan_image_at(r->plan, i)->base == step)
			return r->needs_layers;
	return false;
}

/* Each layer once: SEEN. */
static struct download
download_of(const struct base_image *base, struct map *seen)
{
	const struct source_image *image = base->image;
	struct download d = { .base = base };

	for (size_t i = 0; i < image->layers.n; i++) {
		const struct layer *l = image->layers.at[i];
		struct layer_facts facts = layer_facts(l);

		if (facts.forms & (LAYER_DIR | LAYER_TAR | LAYER_BLOB) ||
		    !facts.is_pulled || !map_set(seen, text_of(layer_id(l)), seen))
			continue;
		d.n_layers++;
		d.bytes += layer_blob(l)->size;
	}
	return d;
}

static void
find_downloads(const struct dry_run *r, struct downloads *out)
{
	auto_map struct map seen = MAP_INIT;

	for (size_t i = 0; i < r->plan->steps.n; i++) {
		const struct step *step = &r->plan->steps.at[i];
		struct download d = { 0 };

		if (step->kind != STEP_IMAGE ||
		    (!r->fates[i].is_read && !is_target_base(r, i)))
			continue;
		d = download_of(step->image.base, &seen);
		if (d.n_layers > 0)
			array_push(out, d);
	}
}

/* ------------------------------------------------------------ outputs */

struct pushes {
	char **at;
	size_t n, cap;
};

static void
add_names(const struct dry_run *r, const struct output *output, struct pushes *out)
{
	for (size_t i = 0; i < r->n_names; i++)
		array_push(out, reference_print(&r->names[i]));
	for (size_t i = 0; i < output->names.n; i++)
		array_push(out, text_copy(output->names.at[i]));
}

/* Names in registries, of images and caches. */
static void
find_pushes(const struct dry_run *r, struct pushes *out)
{
	const struct build_request *q = r->request;

	for (size_t i = 0; i < q->outputs.n; i++)
		if (output_is_pushed(&q->outputs.at[i]))
			add_names(r, &q->outputs.at[i], out);
	for (size_t i = 0; i < q->cache_to.n; i++) {
		const struct output *output = &q->cache_to.at[i].output;

		for (size_t k = 0; output_is_pushed(output) && k < output->names.n; k++)
			array_push(out, text_copy(output->names.at[k]));
	}
}

static void
pushes_clear(struct pushes *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->at[i]);
	array_clear(p);
}
#define auto_pushes __attribute__((cleanup(pushes_clear)))

/* ------------------------------------------------------------ text */

static void
print_step(const struct step *step, const struct step_fate *fate, struct buf *out)
{
	struct text rest = step->name, line = text_cut(&rest, '\n');

	buf_print(out, "%-7s  %.*s%s\n", verdicts[fate->verdict],
	          TEXT_ARG(text_first(line, SHOWN_MAX)), line.n > SHOWN_MAX ? "…" : "");
	if (fate->reason != NULL)
		buf_print(out, "         %s\n", fate->reason);
}

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void
print_steps(const struct dry_run *r, struct buf *out)
{
	size_t n = 0, n_missed = count(r, VERDICT_MISS);

	for (size_t i = 0; i < r->plan->steps.n; i++) {
		if (r->fates[i].verdict == VERDICT_NONE)
			continue;
		print_step(&r->plan->steps.at[i], &r->fates[i], out);
		n++;
	}
	if (n_missed > 0)
		buf_print(out, "%zu of %zu step%s would run.\n", n_missed, n, plural(n));
	else
		buf_add_str(out, "Nothing would run: all is cached.\n");
}

static void
print_downloads(const struct dry_run *r, struct buf *out)
{
	struct downloads downloads = { 0 };

	find_downloads(r, &downloads);
	for (size_t i = 0; i < downloads.n; i++) {
		const struct download *d = &downloads.at[i];

		buf_print(out, "Would download %zu layer%s of %.*s, ", d->n_layers,
		          plural(d->n_layers), TEXT_ARG(d->base->name));
		number_print_size(out, d->bytes);
		buf_add_str(out, ".\n");
	}
	array_clear(&downloads);
}

char *
dry_run_print_text(const struct dry_run *r)
{
	auto_buf struct buf out = BUF_INIT;
	auto_pushes struct pushes pushes = { 0 };

	print_steps(r, &out);
	print_downloads(r, &out);
	find_pushes(r, &pushes);
	for (size_t i = 0; i < pushes.n; i++)
		buf_print(&out, "Would push %s.\n", pushes.at[i]);
	for (size_t i = 0; i < r->request->outputs.n; i++)
		if (r->request->outputs.at[i].dest != NULL)
			buf_print(&out, "Would write %s.\n",
			          r->request->outputs.at[i].dest);
	return buf_take(&out);
}

/* ------------------------------------------------------------ JSON */

static json_t *
step_json(const struct dry_run *r, size_t i)
{
	const struct step *step = &r->plan->steps.at[i];
	const struct stage *stage = &r->plan->df->stages.at[step->stage];
	const struct step_fate *fate = &r->fates[i];
	const char *reason = fate->reason == NULL ? "" : fate->reason;
	json_t *json = json_object();

	jsonio_set(json, "name", jsonio_string(step->name));
	if (stage->name.n > 0)
		jsonio_set(json, "stage", jsonio_string(stage->name));
	jsonio_set(json, "command", jsonio_string(step->command));
	jsonio_set(json, "line", json_integer(step->at.line));
	jsonio_set(json, "verdict", json_string(verdicts[fate->verdict]));
	if (fate->verdict == VERDICT_MISS)
		jsonio_set(json, "reason", jsonio_string(text_of(reason)));
	return json;
}

static json_t *
steps_json(const struct dry_run *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->plan->steps.n; i++)
		if (r->fates[i].verdict != VERDICT_NONE)
			json_array_append_new(list, step_json(r, i));
	return list;
}

static json_t *
downloads_json(const struct dry_run *r)
{
	struct downloads downloads = { 0 };
	json_t *list = json_array();

	find_downloads(r, &downloads);
	for (size_t i = 0; i < downloads.n; i++) {
		const struct download *d = &downloads.at[i];
		auto_free char *platform = platform_print(&d->base->platform);
		json_t *json = json_object();

		jsonio_set(json, "image", jsonio_string(d->base->name));
		jsonio_set(json, "platform", jsonio_string(text_of(platform)));
		jsonio_set(json, "layers", json_integer((json_int_t)d->n_layers));
		jsonio_set(json, "bytes", json_integer((json_int_t)d->bytes));
		json_array_append_new(list, json);
	}
	array_clear(&downloads);
	return list;
}

static json_t *
pushes_json(const struct dry_run *r)
{
	auto_pushes struct pushes pushes = { 0 };
	json_t *list = json_array();

	find_pushes(r, &pushes);
	for (size_t i = 0; i < pushes.n; i++)
		json_array_append_new(list, jsonio_string(text_of(pushes.at[i])));
	return list;
}

static json_t *
outputs_json(const struct dry_run *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->request->outputs.n; i++) {
		const struct output *output = &r->request->outputs.at[i];
		json_t *json = json_object();

		jsonio_set(json, "type", json_string(output_rows[output->type].name));
		if (output->dest != NULL)
			jsonio_set(json, "dest", jsonio_string(text_of(output->dest)));
		json_array_append_new(list, json);
	}
	return list;
}

char *
dry_run_print_json(const struct dry_run *r)
{
	auto_json json_t *json = json_object();

	jsonio_set(json, "allCached", json_boolean(dry_run_all_cached(r)));
	jsonio_set(json, "steps", steps_json(r));
	jsonio_set(json, "downloads", downloads_json(r));
	jsonio_set(json, "pushes", pushes_json(r));
	jsonio_set(json, "outputs", outputs_json(r));
	return jsonio_print_pretty(json);
}
