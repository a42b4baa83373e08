/*
 * Reports a RUN that cannot run here before anything is fetched or unpacked for it. A
 * cached step needs no engine, so only a step that is certainly not cached counts.
 */
#include "base/base.h"
#include "builder/solve/state.h"
#include "parser/plan.h"
#include "parser/step.h"

/* False if its inputs may come out as they were when the record was made. */
static bool
is_surely_missing(const struct solver *s, const struct step *step)
{
	return !solver_wants_content_key(s, step) ||
	       (s->options->imported == NULL &&
	        !record_is_any(s->options->env->store, step->command));
}

static bool
must_run(const struct solver *s, const struct step *step)
{
	const struct step_state *state = &s->states[step->id];

	return step->kind == STEP_RUN && state->needed && !state->cached &&
	       state->twin == STEP_NONE;
}

static bool
has_engine(const struct solver *s, struct error *err)
{
	const struct build_env *env = s->options->env;

	return env->sandbox_of(env->sandbox_arg, err) != NULL;
}

int
solver_check_engine(struct solver *s, struct error *err)
{
	const struct step *first = NULL;

	for (size_t i = 0; i < s->plan->steps.n && first == NULL; i++)
		if (must_run(s, &s->plan->steps.at[i]))
			first = &s->plan->steps.at[i];
	if (first == NULL || has_engine(s, err))
		return 0;
	for (size_t i = first->id; i < s->plan->steps.n; i++) {
		const struct step *step = &s->plan->steps.at[i];

		if (must_run(s, step) && is_surely_missing(s, step))
			return solver_fail(s, step, err);
	}
	error_clear(err);
	return 0;
}

/* The first RUN that an image stands on. */
static const struct step *
find_run(const struct plan *plan)
{
	const struct step *found = NULL;

	for (size_t i = 0; i < plan_n_images(plan) && found == NULL; i++)
		for (step_id id = plan_image_at(plan, i)->step; id != STEP_NONE;
		     id = plan->steps.at[id].base)
			if (plan->steps.at[id].kind == STEP_RUN)
				found = &plan->steps.at[id];
	return found;
}

int
solver_check_engine_first(struct solver *s, struct error *err)
{
	const struct step *run = find_run(s->plan);

	if (run == NULL || s->options->imported != NULL ||
	    record_is_any(s->options->env->store, (struct text){ 0 }) ||
	    has_engine(s, err))
		return 0;
	return solver_fail(s, run, err);
}
