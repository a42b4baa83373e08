#include "builder/solve/state.h"

#include "base/base.h"
#include "base/event.h"
#include "layers/layer.h"
#include "parser/plan.h"
#include "parser/step.h"

/* ------------------------------------------------------------ announcing */

static const char *
kind_of(enum step_kind kind)
{
	static const char *const words[] = {
		[STEP_SCRATCH] = "scratch", [STEP_IMAGE] = "base",
		[STEP_LOCAL] = "context",   [STEP_GIT] = "git",
		[STEP_HTTP] = "http",       [STEP_RUN] = "run",
		[STEP_COPY] = "copy",       [STEP_MKDIR] = "workdir",
	};

	return words[kind];
}

static const char *
word_of(const struct step *step)
{
	return step->kind == STEP_COPY && step->copy.is_add ? "add" : kind_of(step->kind);
}

/* TEXTS[id] becomes the platform of the first image that needs the step, or NULL.
 * PLATFORMS, one per image, owns the texts; the caller frees them. */
static void
find_platforms(const struct plan *plan, char **platforms, const char **texts)
{
	auto_free bool *needed = mem_new_n(plan->steps.n + 1, sizeof *needed);

	for (size_t i = 0; i < plan_n_images(plan); i++) {
		const struct plan_image *image = plan_image_at(plan, i);

		platforms[i] = platform_print(&image->platform);
		memset(needed, 0, plan->steps.n * sizeof *needed);
		plan_mark_needed(plan, image, needed);
		for (size_t k = 0; k < plan->steps.n; k++)
			if (needed[k] && texts[k] == NULL)
				texts[k] = platforms[i];
	}
}

static void
announce(struct solver *s, const struct step *step, const char *platform)
{
	const struct stage *stage = &s->plan->df->stages.at[step->stage];
	auto_free int *inputs = mem_new_n(step->inputs.n + 1, sizeof *inputs);
	auto_free char *number = NULL, *name = NULL;
	struct event_step told = { .kind = word_of(step),
		                   .stage = stage->name,
		                   .platform = text_of(platform),
		                   .command = step->command,
		                   .line = step->at.line,
		                   .last = step->at.last,
		                   .inputs = inputs };

	if (step->name.p == NULL)
		return;
	if (stage->name.n == 0) {
		number = mem_print("%zu", stage->index);
		told.stage = text_of(number);
	}
	if (step->at.line > 0)
		told.file = text_of(s->plan->df->name);
	for (size_t i = 0; i < step->inputs.n; i++)
		if (s->states[step->inputs.at[i]].vertex != 0)
			inputs[told.n_inputs++] = s->states[step->inputs.at[i]].vertex;
	name = text_copy(step->name);
	s->states[step->id].vertex = event_announce(name, &told);
}

void
solver_announce(struct solver *s)
{
	size_t n_images = plan_n_images(s->plan);
	auto_free char **platforms = mem_new_n(n_images + 1, sizeof *platforms);
	auto_free const char **texts = mem_new_n(s->plan->steps.n + 1, sizeof *texts);

	find_platforms(s->plan, platforms, texts);
	for (size_t i = 0; i < s->plan->steps.n; i++)
		announce(s, &s->plan->steps.at[i], texts[i]);
	for (size_t i = 0; i < n_images; i++)
		free(platforms[i]);
}

/* ------------------------------------------------------------ life */

void
solver_begin(struct solver *s, const struct step *step)
{
	struct step_state *state = &s->states[step->id];
	auto_free char *name = NULL;

	pthread_mutex_lock(&s->lock);
	if (state->vertex != 0 && !state->begun && !state->over) {
		name = text_copy(step->name);
		event_start(state->vertex, name);
	}
	state->begun = true;
	pthread_mutex_unlock(&s->lock);
}

void
solver_tell_miss(struct solver *s, const struct step *step)
{
	const struct step_state *state = &s->states[step->id];

	if (state->vertex != 0)
		event_miss(state->vertex, state->miss == NULL ? "" : state->miss);
}

void
solver_conclude(struct solver *s, const struct step *step, enum event_outcome outcome,
                const char *text)
{
	struct step_state *state = &s->states[step->id];

	pthread_mutex_lock(&s->lock);
	if (state->vertex != 0 && !state->over)
		event_end(state->vertex, outcome, text);
	state->over = true;
	pthread_mutex_unlock(&s->lock);
}

void
solver_tell_layer(struct solver *s, const struct step *step)
{
	const struct step_state *state = &s->states[step->id];
	const struct layer *made = s->results[step->id].made.layer;
	char text[DIGEST_TEXT_MAX] = "";
	struct layer_facts facts;

	if (made == NULL || state->vertex == 0 || state->over)
		return;
	facts = layer_facts(made);
	if (facts.diffid.alg != DIGEST_NONE)
		digest_text(&facts.diffid, text);
	event_layer(state->vertex, text, facts.tar_size, 0);
}

void
solver_dismiss(struct solver *s)
{
	for (size_t i = 0; i < s->plan->steps.n; i++)
		solver_conclude(s, &s->plan->steps.at[i], OUTCOME_CANCELLED, NULL);
}
