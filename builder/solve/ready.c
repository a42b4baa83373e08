/*
 * Base images are made ready before the steps that need their files begin, so that
 * pulling and unpacking are shown, and timed, where they belong: at FROM.
 *
 *	sources   nothing is left to do: FROM begins and ends
 *	need      the same if no step will look into the image
 *	run       the first step that needs files makes them ready
 *	end       what nobody needed after all
 */
#include "base/base.h"
#include "base/event.h"
#include "base/job.h"
#include "builder/image/image.h"
#include "builder/solve/state.h"
#include "layers/layer.h"
#include "parser/plan.h"
#include "parser/step.h"

/* Layers at once, see layers_make(). */
#define LAYERS_AT_ONCE 4

struct unpacking {
	struct layer *layer;
	unsigned forms;
	int vertex;
	const struct cancel *cancel;
};

static struct source_image *
source_of(const struct step *image)
{
	return image->image.base->image;
}

static bool
has_all(const struct layer *l, unsigned forms)
{
	return (layer_facts(l).forms & forms) == forms;
}

static int
unpack(void *arg, struct error *err)
{
	const struct unpacking *u = arg;
	const struct descriptor *blob = layer_blob(u->layer);
	char name[UNPACKING_NAME_MAX];
	int failed = 0;

	unpacking_name(blob, name);
	if (layer_has(u->layer, LAYER_BLOB))
		event_status(u->vertex, name, 0, 0, false);
	failed = layer_make(u->layer, u->forms, u->cancel, err);
	if (failed == 0)
		event_status(u->vertex, name, 0, 0, true);
	return failed;
}

static int
unpack_all(struct unpacking *list, size_t n, struct error *err)
{
	struct pool *pool = pool_new(n < LAYERS_AT_ONCE ? n : LAYERS_AT_ONCE);
	struct group *group = group_new(pool);
	int failed = 0;

	for (size_t i = 0; i < n; i++)
		group_add(group, unpack, &list[i]);
	failed = group_wait(group, err);
	group_free(group);
	pool_free(pool);
	return failed;
}

static void
conclude(struct solver *s, const struct step *image)
{
	solver_begin(s, image);
	source_image_show(source_of(image), 0);
	solver_conclude(s, image, OUTCOME_DONE, NULL);
}

/* ------------------------------------------------------------ when */

void
solver_settle_image(struct solver *s, const struct step *image)
{
	const struct source_image *source = source_of(image);

	for (size_t i = 0; i < source->layers.n; i++)
		if (!layer_has(source->layers.at[i], LAYER_DIR))
			return;
	conclude(s, image);
}

/* The image that the chain of ID stands on, or NULL. */
static const struct step *
image_below(const struct solver *s, step_id id)
{
	const struct step *step = &s->plan->steps.at[id];

	while (step->base != STEP_NONE)
		step = &s->plan->steps.at[step->base];
	return step->kind == STEP_IMAGE ? step : NULL;
}

/* Whether STEP, which runs, looks at the files of its input ID. */
static bool
reads(const struct step *step, step_id id)
{
	return id != step->base || step->kind != STEP_COPY || !step->copy.link;
}

void
solver_settle_images(struct solver *s)
{
	auto_free bool *is_read = mem_new_n(s->plan->steps.n + 1, sizeof *is_read);

	for (size_t i = 0; i < s->plan->steps.n; i++) {
		const struct step *step = &s->plan->steps.at[i];
		const struct step_state *state = &s->states[i];

		if (!state->needed || state->cached || state->is_source)
			continue;
		for (size_t k = 0; k < step->inputs.n; k++) {
			const struct step *image = image_below(s, step->inputs.at[k]);

			if (image != NULL && reads(step, step->inputs.at[k]))
				is_read[image->id] = true;
		}
	}
	for (size_t i = 0; i < s->plan->steps.n; i++)
		if (s->plan->steps.at[i].kind == STEP_IMAGE && !is_read[i])
			conclude(s, &s->plan->steps.at[i]);
}

void
solver_settle_rest(struct solver *s)
{
	for (size_t i = 0; i < s->plan->steps.n; i++)
		if (s->plan->steps.at[i].kind == STEP_IMAGE)
			conclude(s, &s->plan->steps.at[i]);
}

/* ------------------------------------------------------------ making ready */

static int
make_ready(struct solver *s, const struct step *image, unsigned forms, struct error *err)
{
	struct source_image *source = source_of(image);
	auto_free struct unpacking *list = mem_new_n(source->layers.n + 1, sizeof *list);
	int vertex = s->states[image->id].vertex;
	size_t n = 0;

	for (size_t i = 0; i < source->layers.n; i++)
		if (!has_all(source->layers.at[i], forms))
			list[n++] = (struct unpacking){ source->layers.at[i], forms,
				                        vertex, s->options->env->cancel };
	if (n > 0) {
		solver_begin(s, image);
		source_image_show(source, vertex);
		if (unpack_all(list, n, err) < 0) {
			solver_fail(s, image, err);
			return -1;
		}
	}
	/* Another step will want its directories. */
	if ((s->states[image->id].forms & ~forms & LAYER_DIR) == 0)
		conclude(s, image);
	return 0;
}

int
solver_make_ready(struct solver *s, const struct step *step, bool base, struct error *err)
{
	unsigned forms = LAYER_TREE | (step->kind == STEP_RUN ? (unsigned)LAYER_DIR : 0);

	for (size_t i = 0; i < step->inputs.n; i++) {
		step_id id = step->inputs.at[i];
		const struct step *image = image_below(s, id);

		if (image == NULL || (id == step->base) != base || !reads(step, id))
			continue;
		if (make_ready(s, image, forms, err) < 0) {
			s->states[step->id].excused = true;
			return -1;
		}
	}
	return 0;
}
