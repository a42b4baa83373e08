#include "builder/solve/state.h"

#include "base/base.h"
#include "builder/cache/reason.h"
#include "parser/dockerfile.h"
#include "parser/step.h"

/* The stage's name or number, by which this build's steps are compared with those of the
 * last build. */
static struct text
stage_text(const struct solver *s, const struct step *step, struct arena *arena)
{
	const struct stage *stage = &s->plan->df->stages.at[step->stage];

	if (stage->name.n > 0)
		return arena_text(arena, stage->name);
	return text_of(arena_print(arena, "%zu", stage->index));
}

static void
add_step(struct solver *s, const struct step *step, struct last_build *out)
{
	const struct step_state *state = &s->states[step->id];
	struct last_build_step *t = array_add(&out->steps);

	t->stage = stage_text(s, step, out->arena);
	t->command = arena_text(out->arena, step->command);
	t->key = state->key;
	for (size_t i = 0; i < state->preimage.fields.n; i++)
		preimage_add(&t->preimage, state->preimage.fields.at[i].name,
		             state->preimage.fields.at[i].value);
	t->inputs = step->inputs.at;
	t->n_inputs = step->inputs.n;
	t->is_image = step->kind == STEP_IMAGE;
}

static void
add_files(struct solver *s, const struct step *step, struct last_build *out)
{
	auto_free struct result **inputs = solver_inputs(s, step);
	struct step_job job = {
		.env = s->options->env, .plan = s->plan, .step = step, .inputs = inputs
	};
	auto_error struct error ignored = ERROR_INIT;

	step_list_files(&job, out->arena, &out->steps.at[step->id], &ignored);
}

static bool
is_missing(const struct step_state *state)
{
	return state->needed && !state->cached && !state->is_source;
}

static bool
is_any_missing(const struct solver *s)
{
	for (size_t i = 0; i < s->plan->steps.n; i++)
		if (is_missing(&s->states[i]))
			return true;
	return false;
}

static void
explain(struct solver *s, const struct last_build *is)
{
	auto_last_build struct last_build was = { 0 };

	if (s->options->no_cache ||
	    !last_build_read(s->options->env->store, s->options->last_build, &was))
		return;
	for (size_t i = 0; i < s->plan->steps.n; i++) {
		const struct step *step = &s->plan->steps.at[i];
		struct step_state *state = &s->states[i];

		if (!is_missing(state) || !solver_may_look_up(s, step))
			continue;
		state->miss =
		        state->anew ? mem_print("it is made of a stage that is run again")
		                    : reason_find(&was, is, i);
	}
}

void
solver_explain(struct solver *s)
{
	auto_last_build struct last_build is = { .arena = arena_new() };
	struct store *store = s->options->env->store;
	struct digest state;
	bool current = false;

	if (s->options->last_build == NULL)
		return;
	for (size_t i = 0; i < s->plan->steps.n; i++)
		add_step(s, &s->plan->steps.at[i], &is);
	state = last_build_state(&is);
	current = last_build_is_current(store, s->options->last_build, &state);
	if (current && !is_any_missing(s))
		return;
	for (size_t i = 0; i < s->plan->steps.n; i++)
		add_files(s, &s->plan->steps.at[i], &is);
	explain(s, &is);
	if (!current)
		last_build_write(store, s->options->last_build, &is);
}
