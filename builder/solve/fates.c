#include "builder/solve/state.h"

#include "base/base.h"
#include "parser/plan.h"
#include "parser/step.h"

static enum step_verdict
verdict_of(const struct step_state *state)
{
	if (state->is_source || state->first != STEP_NONE)
		return VERDICT_NONE;
	if (!state->needed)
		return VERDICT_SKIPPED;
	return state->cached ? VERDICT_HIT : VERDICT_MISS;
}

/* The image that STEP begins with is read. */
static void
read_base(const struct solver *s, step_id step, struct step_fate *fates)
{
	while (s->plan->steps.at[step].base != STEP_NONE)
		step = s->plan->steps.at[step].base;
	fates[step].is_read = s->plan->steps.at[step].kind == STEP_IMAGE;
}

struct step_fate *
solver_fates(const struct solver *s)
{
	size_t n = s->plan->steps.n;
	struct step_fate *fates = mem_new_n(n + 1, sizeof *fates);

	for (size_t i = 0; i < n; i++) {
		const struct step *step = &s->plan->steps.at[i];
		const struct step_state *state = &s->states[i];

		fates[i].verdict = verdict_of(state);
		if (state->is_source || !state->needed || state->cached)
			continue;
		fates[i].reason = mem_copy(state->miss);
		for (size_t k = 0; k < step->inputs.n; k++)
			read_base(s, step->inputs.at[k], fates);
	}
	return fates;
}
