#include "builder/solve/state.h"

#include "base/base.h"
#include "base/map.h"
#include "layers/layer.h"
#include "parser/plan.h"
#include "parser/step.h"

bool
step_is_source(enum step_kind kind)
{
	return kind == STEP_SCRATCH || kind == STEP_IMAGE || kind == STEP_LOCAL ||
	       kind == STEP_GIT || kind == STEP_HTTP;
}

struct result **
solver_inputs(struct solver *s, const struct step *step)
{
	struct result **inputs = mem_new_n(step->inputs.n + 1, sizeof *inputs);

	for (size_t i = 0; i < step->inputs.n; i++)
		inputs[i] = &s->results[step->inputs.at[i]];
	return inputs;
}

/* Inputs have smaller numbers, so one pass from the end reaches everything. If several
 * platforms need the same step, the first platform that has it runs it. */
static void
mark(struct solver *s)
{
	for (size_t i = 0; i < plan_n_images(s->plan); i++)
		s->states[plan_image_at(s->plan, i)->step].needed = true;
	for (size_t i = s->plan->steps.n; i-- > 0;) {
		const struct step *step = &s->plan->steps.at[i];

		if (!s->states[i].needed)
			continue;
		if (s->states[i].first != STEP_NONE)
			s->states[s->states[i].first].needed = true;
		for (size_t j = 0; j < step->inputs.n; j++) {
			bool is_base = step->inputs.at[j] == step->base;

			if (is_base || !s->states[i].cached)
				s->states[step->inputs.at[j]].needed = true;
		}
	}
}

/* Equal definitions in different stages run once. */
static void
find_twins(struct solver *s)
{
	auto_map struct map seen = MAP_INIT;

	for (size_t i = 0; i < s->plan->steps.n; i++) {
		struct step_state *state = &s->states[i];
		struct text key = { (const char *)state->key.bytes,
			            sizeof state->key.bytes };
		struct step_state *first = NULL;

		state->twin = STEP_NONE;
		if (!state->needed || state->is_source || state->cached)
			continue;
		first = map_find(&seen, key);
		if (first != NULL)
			state->twin = (step_id)(first - s->states);
		else
			map_set(&seen, key, state);
	}
}

/* Sets the forms in which the layers of STEP's chain are wanted. */
static void
want_chain(struct solver *s, step_id id, unsigned forms)
{
	for (; id != STEP_NONE; id = s->plan->steps.at[id].base) {
		if ((s->states[id].forms & forms) == forms && s->states[id].forms != 0)
			return;
		s->states[id].forms |= forms;
	}
}

/* A RUN unpacks its base and what it binds; a COPY can read from a tar. */
static void
want_forms(struct solver *s)
{
	unsigned target = (s->options->wants_tar ? (unsigned)LAYER_TAR : 0) |
	                  (s->options->wants_dir ? (unsigned)LAYER_DIR : 0);

	for (size_t i = 0; i < s->plan->steps.n; i++) {
		const struct step *step = &s->plan->steps.at[i];

		if (!s->states[i].needed || s->states[i].cached || step->kind != STEP_RUN)
			continue;
		want_chain(s, step->base, LAYER_DIR);
		for (size_t j = 0; j < step->run.mounts.n; j++)
			if (step->run.mounts.at[j].from != STEP_NONE)
				want_chain(s, step->run.mounts.at[j].from, LAYER_DIR);
	}
	for (size_t i = 0; i < plan_n_images(s->plan); i++)
		want_chain(s, plan_image_at(s->plan, i)->step, target);
	for (size_t i = 0; i < s->plan->steps.n; i++)
		if (s->states[i].twin != STEP_NONE)
			s->states[s->states[i].twin].forms |= s->states[i].forms;
	for (size_t i = 0; i < s->plan->steps.n; i++)
		if (s->states[i].forms == 0)
			s->states[i].forms = s->plan->steps.at[i].kind == STEP_RUN
			                             ? LAYER_DIR
			                             : LAYER_TAR;
}

static void
count_blocking(struct solver *s)
{
	for (size_t i = 0; i < s->plan->steps.n; i++) {
		const struct step *step = &s->plan->steps.at[i];
		struct step_state *state = &s->states[i];

		if (!state->needed || state->phase == PHASE_DONE)
			continue;
		for (size_t j = 0; j < step->inputs.n; j++) {
			const struct step_state *input = &s->states[step->inputs.at[j]];

			if (input->needed && input->phase != PHASE_DONE)
				state->n_blocking++;
		}
		if (state->twin != STEP_NONE)
			state->n_blocking++;
		state->phase = state->n_blocking == 0 ? PHASE_READY : PHASE_WAITING;
		s->n_left++;
	}
}

static bool
base_is_done(const struct solver *s, const struct step *step)
{
	return step->base == STEP_NONE || s->states[step->base].phase == PHASE_DONE;
}

static void
tell_skipped(struct solver *s)
{
	for (size_t i = 0; i < s->plan->steps.n; i++)
		if (!s->states[i].needed && !s->states[i].is_source)
			solver_skip(s, &s->plan->steps.at[i]);
}

/* Cached chains are settled at once; inputs come first. */
static void
settle_cached(struct solver *s)
{
	for (size_t i = 0; i < s->plan->steps.n; i++) {
		const struct step *step = &s->plan->steps.at[i];
		struct step_state *state = &s->states[i];

		if (!state->needed || !state->cached || !base_is_done(s, step))
			continue;
		solver_take_record(s, step, &state->record);
		state->phase = PHASE_DONE;
		s->n_cached++;
	}
}

void
solver_mark_needed(struct solver *s)
{
	mark(s);
	find_twins(s);
	want_forms(s);
	tell_skipped(s);
	settle_cached(s);
	count_blocking(s);
}
