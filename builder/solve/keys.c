#include "builder/solve/state.h"

#include "base/base.h"
#include "base/event.h"
#include "base/map.h"
#include "parser/plan.h"
#include "parser/step.h"

/* Digests in a step's result depend on the upper limit for times. */
static void
add_epoch(struct solver *s, struct preimage *p)
{
	if (s->options->env->epoch >= 0)
		preimage_add_u64(p, "epoch", (uint64_t)s->options->env->epoch);
}

static void
add_input_keys(struct solver *s, const struct step *step, struct preimage *p)
{
	for (size_t i = 0; i < step->inputs.n; i++) {
		auto_free char *name = mem_print("input[%zu]", i);

		if (step_needs_input_key(s->plan, step, i))
			preimage_add_digest(p, name, &s->states[step->inputs.at[i]].key);
	}
}

static int
make_key(struct solver *s, const struct step *step, struct error *err)
{
	struct step_state *state = &s->states[step->id];
	auto_free struct result **inputs = solver_inputs(s, step);
	struct step_job job = {
		.env = s->options->env, .plan = s->plan, .step = step, .inputs = inputs
	};

	add_epoch(s, &state->preimage);
	if (step_preimage(&job, false, &state->preimage, err) < 0)
		return -1;
	add_input_keys(s, step, &state->preimage);
	state->key = preimage_key(&state->preimage);
	return 0;
}

int
solver_make_keys(struct solver *s, struct error *err)
{
	for (size_t i = 0; i < s->plan->steps.n; i++) {
		const struct step *step = &s->plan->steps.at[i];

		if (make_key(s, step, err) < 0) {
			if (err->n_at == 0)
				error_at(err, step->at);
			return -1;
		}
		if (event_debugs("keys")) {
			char text[DIGEST_TEXT_MAX];

			event_debug("keys", "%s %.*s",
			            digest_text(&s->states[i].key, text),
			            TEXT_ARG(step->command));
		}
	}
	return 0;
}

/* Whether A and B are the same instruction with the same definition key. */
static bool
is_same_step(const struct step *a, const struct step *b)
{
	return a->stage == b->stage && a->at.line == b->at.line;
}

/* The step is shown once. */
static void
show_as(struct step_state *state, const struct step_state *first)
{
	if (state->vertex != 0)
		event_same(state->vertex, first->vertex);
	state->vertex = 0;
}

void
solver_find_same(struct solver *s)
{
	auto_map struct map seen = MAP_INIT;

	for (size_t i = 0; plan_n_images(s->plan) > 1 && i < s->plan->steps.n; i++) {
		struct step_state *state = &s->states[i], *first = NULL;
		struct text key = { (const char *)state->key.bytes,
			            sizeof state->key.bytes };

		if (state->is_source)
			continue;
		first = map_find(&seen, key);
		if (first == NULL)
			map_set(&seen, key, state);
		else if (is_same_step(&s->plan->steps.at[i],
		                      &s->plan->steps.at[first - s->states]))
			state->first = (step_id)(first - s->states);
		if (state->first != STEP_NONE)
			show_as(state, first);
	}
}

bool
solver_may_look_up(const struct solver *s, const struct step *step)
{
	struct text name = s->plan->df->stages.at[step->stage].name;

	if (s->options->no_cache)
		return false;
	for (size_t i = 0; i < s->options->n_no_cache_stages; i++)
		if (name.p != NULL &&
		    text_equal_nocase(name, s->options->no_cache_stages[i]))
			return false;
	return true;
}

bool
solver_find_record(const struct solver *s, const struct digest *key, struct record *out)
{
	int64_t oldest = s->options->oldest_ns;

	if (record_find(s->options->env->store, key, out) > 0 &&
	    out->created_ns >= oldest)
		return true;
	return cache_records_find(s->options->imported, key, out) &&
	       out->created_ns >= oldest;
}

/* A record is valid only if the record of its base is: a base that must be rebuilt may
 * come out different. COPY --link does not look at its base. */
static bool
base_is_settled(const struct solver *s, const struct step *step)
{
	const struct step_state *base = NULL;

	if (step->base == STEP_NONE || (step->kind == STEP_COPY && step->copy.link))
		return true;
	base = &s->states[step->base];
	return base->is_source || base->cached;
}

/* Its input is always rebuilt, so a record for the old input proves nothing. */
static bool
has_new_input(const struct solver *s, const struct step *step)
{
	for (size_t i = 0; i < step->inputs.n; i++)
		if (s->states[step->inputs.at[i]].anew)
			return true;
	return false;
}

void
solver_look_up(struct solver *s)
{
	for (size_t i = 0; i < s->plan->steps.n; i++) {
		const struct step *step = &s->plan->steps.at[i];
		struct step_state *state = &s->states[i];

		if (state->is_source)
			continue;
		state->anew = !solver_may_look_up(s, step) || has_new_input(s, step);
		if (state->anew || !base_is_settled(s, step))
			continue;
		state->cached = solver_find_record(s, &state->key, &state->record);
	}
}
