#include "builder/solve/state.h"

#include "base/base.h"
#include "base/clock.h"
#include "base/event.h"
#include "layers/layer.h"
#include "parser/step.h"

void
solver_take_record(struct solver *s, const struct step *step, const struct record *record)
{
	struct result *result = &s->results[step->id];

	solver_begin(s, step);
	if (step->base != STEP_NONE) {
		const struct result *base = &s->results[step->base];

		for (size_t i = 0; i < base->layers.n; i++)
			array_push(&result->layers, base->layers.at[i]);
	}
	if (record->layer != NULL)
		array_push(&result->layers, record->layer);
	result->made = *record;
	solver_tell_layer(s, step);
	solver_conclude(s, step, OUTCOME_CACHED, NULL);
}

void
solver_skip(struct solver *s, const struct step *step)
{
	solver_begin(s, step);
	solver_conclude(s, step, OUTCOME_SKIPPED, NULL);
}

/* One digest for all inputs, so that records do not grow with the number of layers. */
static struct digest
layers_digest(const struct result *r)
{
	struct hasher *h = hasher_new(DIGEST_SHA256);
	struct digest d;

	for (size_t i = 0; i < r->layers.n; i++)
		hasher_add(h, layer_id(r->layers.at[i]),
		           strlen(layer_id(r->layers.at[i])) + 1);
	d = hasher_end(h);
	hasher_free(h);
	return d;
}

/* The content key: the step's definition, with the content of its inputs instead of their
 * definition keys. */
static int
content_key(struct solver *s, const struct step_job *job, struct preimage *p,
            struct digest *key, struct error *err)
{
	const struct step *step = job->step;

	preimage_add_str(p, "key", "content");
	if (s->options->env->epoch >= 0)
		preimage_add_u64(p, "epoch", (uint64_t)s->options->env->epoch);
	if (step_preimage(job, true, p, err) < 0)
		return -1;
	if (step->base != STEP_NONE && !(step->kind == STEP_COPY && step->copy.link)) {
		const struct digest base = layers_digest(&s->results[step->base]);

		preimage_add_digest(p, "base layers", &base);
	}
	*key = preimage_key(p);
	return 0;
}

/* The content key only helps if something below was rebuilt, or copied from elsewhere. */
bool
solver_wants_content_key(const struct solver *s, const struct step *step)
{
	if (!solver_may_look_up(s, step))
		return false;
	for (size_t i = 0; i < step->inputs.n; i++) {
		const struct step_state *input = &s->states[step->inputs.at[i]];

		if (!input->is_source && !input->cached)
			return true;
	}
	return false;
}

static void
remember(struct solver *s, const struct step *step, const struct digest *key,
         const struct preimage *preimage)
{
	record_write(s->options->env->store, key, &s->results[step->id].made,
	             step->command, preimage);
}

/* Looks again under the lock of the key: another process may have just done it. */
static bool
found_meanwhile(struct solver *s, const struct step *step, const struct digest *key)
{
	struct record record = { 0 };

	if (!solver_may_look_up(s, step) || !solver_find_record(s, key, &record))
		return false;
	solver_take_record(s, step, &record);
	return true;
}

static int
execute(struct solver *s, const struct step_job *job, struct error *err)
{
	const struct step *step = job->step;
	struct step_state *state = &s->states[step->id];
	auto_preimage struct preimage content = PREIMAGE_INIT;
	struct digest key = { 0 };
	bool by_content = solver_wants_content_key(s, step);

	if (solver_make_ready(s, step, false, err) < 0)
		return -1;
	if (by_content) {
		if (content_key(s, job, &content, &key, err) < 0)
			return -1;
		if (found_meanwhile(s, step, &key)) {
			remember(s, step, &state->key, &state->preimage);
			return 0;
		}
	}
	solver_tell_miss(s, step);
	if (solver_make_ready(s, step, true, err) < 0)
		return -1;
	solver_begin(s, step);
	if (step_execute(job, &s->results[step->id], err) < 0)
		return -1;
	remember(s, step, &state->key, &state->preimage);
	if (by_content)
		remember(s, step, &key, &content);
	solver_tell_layer(s, step);
	solver_conclude(s, step, OUTCOME_DONE, NULL);
	return 0;
}

static void
copy_twin(struct solver *s, const struct step *step)
{
	solver_take_record(s, step, &s->results[s->states[step->id].twin].made);
}

/* Another builder makes this step: the wait is shown. */
struct waiting {
	struct solver *s;
	const struct step *step;
};

static void
wait_shown(void *arg)
{
	const struct waiting *w = arg;

	solver_begin(w->s, w->step);
}

static int
locked_execute(struct solver *s, const struct step_job *job, struct error *err)
{
	const struct digest *key = &s->states[job->step->id].key;
	struct store *store = s->options->env->store;
	struct waiting waiting = { s, job->step };
	int lock = record_lock(store, key, s->options->env->cancel, wait_shown, &waiting);
	int failed = 0;

	if (lock < 0 && cancel_check(s->options->env->cancel, err) < 0)
		return -1;
	/* If an input was rebuilt, only the content key counts. */
	if (solver_wants_content_key(s, job->step) || !found_meanwhile(s, job->step, key))
		failed = execute(s, job, err);
	record_unlock(store, key, lock);
	return failed;
}

int
solver_fail(struct solver *s, const struct step *step, struct error *err)
{
	bool lost;

	solver_begin(s, step);
	if (err->n_at == 0 && step->at.line > 0)
		error_at(err, step->at);
	s->states[step->id].failed = err->code != ERR_CANCELLED;
	pthread_mutex_lock(&s->lock);
	lost = solver_has_lost(s);
	pthread_mutex_unlock(&s->lock);
	solver_conclude(s, step,
	                err->code == ERR_CANCELLED || lost ? OUTCOME_CANCELLED
	                                                   : OUTCOME_FAILED,
	                err->text);
	return -1;
}

/* A context ends when its files are hashed, see solver_make_keys(). */
static int
run_source(struct solver *s, const struct step_job *job, struct error *err)
{
	const struct step *step = job->step;
	bool is_image = step->kind == STEP_IMAGE;

	if (!is_image)
		solver_begin(s, step);
	if (step_execute(job, &s->results[step->id], err) < 0)
		return -1;
	if (is_image)
		solver_settle_image(s, step);
	else if (step->kind != STEP_LOCAL)
		solver_conclude(s, step, OUTCOME_DONE, NULL);
	return 0;
}

int
solver_run_step(struct solver *s, const struct step *step, struct error *err)
{
	struct step_state *state = &s->states[step->id];
	auto_free struct result **inputs = solver_inputs(s, step);
	struct step_job job = { .env = s->options->env,
		                .plan = s->plan,
		                .step = step,
		                .inputs = inputs,
		                .forms = state->forms };
	int failed = 0;

	if (state->cached) {
		solver_take_record(s, step, &state->record);
		return 0;
	}
	if (state->twin != STEP_NONE) {
		copy_twin(s, step);
		return 0;
	}
	job.vertex = state->vertex;
	failed = state->is_source ? run_source(s, &job, err)
	                          : locked_execute(s, &job, err);
	return failed < 0 && !state->excused ? solver_fail(s, step, err) : failed;
}

/* Layers of a base image belong to no step. */
bool
solver_has_lost(const struct solver *s)
{
	for (size_t i = 0; i < s->plan->steps.n; i++) {
		const struct layer *made = s->results[i].made.layer;

		if (!s->states[i].is_source && s->states[i].phase == PHASE_DONE &&
		    made != NULL && layer_is_lost(made))
			return true;
	}
	return false;
}
