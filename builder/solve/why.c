#include "builder/solve/state.h"

#include "base/base.h"
#include "base/event.h"
#include "base/platform.h"
#include "base/redact.h"
#include "builder/cache/nearest.h"
#include "builder/cache/reason.h"
#include "parser/dockerfile.h"
#include "parser/step.h"

/* ------------------------------------------------------------ steps */

/* "[build 2/5]" of "[build 2/5] RUN make"; or empty. */
static struct text
shown_place(const struct step *step)
{
	ptrdiff_t end = text_find(step->name, ']');

	return text_starts(step->name, "[") && end > 0
	               ? text_first(step->name, (size_t)end + 1)
	               : TEXT("");
}

/* The stage's name or number, by which this build's steps are compared with those of
 * others; with several platforms also its platform. */
static struct text
stage_text(const struct solver *s, const struct step *step, struct arena *arena)
{
	const struct stage *stage = &s->plan->df->stages.at[step->stage];
	struct text shown = shown_place(step);

	if (plan_n_images(s->plan) > 1 && shown.n > 0) {
		while (shown.n > 0 && shown.p[shown.n - 1] != ' ')
			shown.n--;
		return arena_text(arena, shown);
	}
	if (stage->name.n > 0)
		return arena_text(arena, stage->name);
	return text_of(arena_print(arena, "%zu", stage->index));
}

static void
add_url(struct preimage *out, struct text url)
{
	auto_buf struct buf b = BUF_INIT;

	buf_add_redacted(&b, url);
	preimage_add(out, "url", buf_text(&b));
}

/* What the key does not say, but users know the source by. */
static void
add_facts(const struct solver *s, const struct step *step, struct preimage *out)
{
	const struct result *result = &s->results[step->id];
	auto_free char *platform = NULL;

	if (step->kind == STEP_IMAGE) {
		platform = platform_print(&step->image.base->platform);
		preimage_add(out, "name", step->image.base->name);
		preimage_add_digest(out, "digest", &step->image.base->digest);
		preimage_add_str(out, "platform", platform);
	} else if (step->kind == STEP_HTTP) {
		add_url(out, step->http.url);
		if (digest_known(&result->content))
			preimage_add_digest(out, "content", &result->content);
	} else if (step->kind == STEP_GIT) {
		add_url(out, step->git.url);
		preimage_add(out, "ref", step->git.ref);
		preimage_add_str(out, "commit", result->commit);
	}
}

static bool
is_missing(const struct step_state *state)
{
	return state->needed && !state->cached && !state->is_source;
}

static void
add_step(const struct solver *s, const struct step *step, struct noted_build *out)
{
	const struct step_state *state = &s->states[step->id];
	struct noted_step *t = array_add(&out->steps);

	t->stage = stage_text(s, step, out->arena);
	t->command = step->command.p == NULL ? TEXT("") : step->command;
	t->key = state->key;
	for (size_t i = 0; i < state->preimage.fields.n; i++)
		preimage_add(&t->preimage, state->preimage.fields.at[i].name,
		             state->preimage.fields.at[i].value);
	add_facts(s, step, &t->facts);
	for (size_t i = 0; i < step->inputs.n; i++)
		array_push(&t->inputs, step->inputs.at[i]);
	t->is_image = step->kind == STEP_IMAGE;
	t->outcome = state->cached ? NOTED_DONE : NOTED_UNFINISHED;
	t->shown = shown_place(step);
	t->runs = is_missing(state);
	t->cause = step->id;
}

static void
add_files(struct solver *s, const struct step *step, struct noted_build *out)
{
	auto_free struct result **inputs = solver_inputs(s, step);
	struct step_job job = {
		.env = s->options->env, .plan = s->plan, .step = step, .inputs = inputs
	};
	auto_error struct error ignored = ERROR_INIT;

	step_list_files(&job, out->arena, &out->steps.at[step->id], &ignored);
}

/* ------------------------------------------------------------ reasons */

/* Why a step that is not looked up runs; the steps before it are explained. */
static char *
forced(const struct solver *s, const struct step *step)
{
	const struct step_state *state = &s->states[step->id];
	struct text stage = s->plan->df->stages.at[step->stage].name;

	if (s->options->no_cache)
		return mem_copy("--no-cache");
	if (!solver_may_look_up(s, step))
		return mem_print("--no-cache-filter %.*s", TEXT_ARG(stage));
	return state->anew ? mem_copy("it is made of a stage that is run again") : NULL;
}

/* Why a step runs although the store has its record. NULL: it has none, or it was not
 * looked for because a step below runs. */
static char *
rejected(const struct solver *s, const struct noted_step *step, size_t i)
{
	struct record found;

	for (size_t k = 0; k < step->inputs.n; k++)
		if (s->notes.steps.at[step->inputs.at[k]].runs)
			return NULL;
	switch (record_trace(s->options->env->store, &s->states[i].key)) {
	case RECORD_NONE:
		return NULL;
	case RECORD_WITHOUT_LAYER:
		return mem_copy("its layer was removed from the store, as by cooper "
		                "prune, or is damaged");
	case RECORD_WHOLE:
		break;
	}
	if (s->options->oldest_ns == 0 ||
	    record_find(s->options->env->store, &s->states[i].key, &found) <= 0)
		return NULL;
	return mem_copy("its result is older than --cache-ttl");
}

static void
explain(struct solver *s)
{
	auto_nearby struct nearby nearby = { 0 };

	nearby_read(&nearby, s->options->env->store, &s->notes);
	for (size_t i = 0; i < s->plan->steps.n; i++) {
		struct noted_step *step = &s->notes.steps.at[i];
		struct step_state *state = &s->states[i];

		if (!step->runs)
			continue;
		state->miss = forced(s, &s->plan->steps.at[i]);
		if (state->miss == NULL)
			state->miss = rejected(s, step, i);
		/* A new store has no steps at all, which is no news. */
		if (state->miss == NULL && nearby.was.n > 0)
			state->miss = reason_find(&nearby, i, &step->cause);
	}
}

/* ------------------------------------------------------------ notes */

/* All keys in one. */
static struct digest
state_of(const struct solver *s)
{
	auto_hasher struct hasher *h = hasher_new(DIGEST_SHA256);

	for (size_t i = 0; i < s->plan->steps.n; i++)
		hasher_add(h, s->states[i].key.bytes, sizeof s->states[i].key.bytes);
	return hasher_end(h);
}

static bool
is_any_missing(const struct solver *s)
{
	for (size_t i = 0; i < s->plan->steps.n; i++)
		if (is_missing(&s->states[i]))
			return true;
	return false;
}

void
solver_explain(struct solver *s)
{
	struct store *store = s->options->env->store;
	auto_error struct error err = ERROR_INIT;

	if (s->options->place == NULL)
		return;
	s->notes_state = state_of(s);
	if (!is_any_missing(s) && noted_build_touch(store, &s->notes_state))
		return;
	s->notes.arena = arena_new();
	s->notes.place = noted_place(s->options->place);
	for (size_t i = 0; i < s->plan->steps.n; i++)
		add_step(s, &s->plan->steps.at[i], &s->notes);
	for (size_t i = 0; i < s->plan->steps.n; i++)
		add_files(s, &s->plan->steps.at[i], &s->notes);
	explain(s);
	/* What was not built explains nothing later. */
	if (s->options->dry_run)
		return;
	if (noted_build_write(store, &s->notes_state, &s->notes, &err) < 0)
		event_warn_error(0, &err, "inputs of steps: not stored");
}

void
solver_note_end(struct solver *s)
{
	auto_error struct error ignored = ERROR_INIT;
	bool changed = false;

	for (size_t i = 0; i < s->notes.steps.n; i++) {
		struct noted_step *step = &s->notes.steps.at[i];

		if (!step->runs)
			continue;
		if (s->states[i].failed)
			step->outcome = NOTED_FAILED;
		else if (s->states[i].phase == PHASE_DONE)
			step->outcome = NOTED_DONE;
		changed |= step->outcome != NOTED_UNFINISHED;
	}
	if (changed && !s->options->dry_run)
		noted_build_write(s->options->env->store, &s->notes_state, &s->notes,
		                  &ignored);
}
