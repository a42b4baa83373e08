#include "builder/solve/solve.h"

#include "base/base.h"
#include "base/event.h"
#include "base/job.h"
#include "builder/solve/state.h"

/* RUN steps mostly wait, so more of them than CPUs may run. */
#define JOBS_MIN 8
#define JOBS_MAX 256

static void
solver_init(struct solver *s, const struct solve_options *options, struct solution *out)
{
	size_t n = options->plan->steps.n;

	*s = (struct solver){ .options = options, .plan = options->plan };
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	s->states = mem_new_n(n + 1, sizeof *s->states);
	out->results = mem_new_n(n + 1, sizeof *out->results);
	out->n = n;
	s->results = out->results;
	for (size_t i = 0; i < n; i++) {
		s->states[i].is_source = step_is_source(options->plan->steps.at[i].kind);
		s->states[i].twin = s->states[i].first = STEP_NONE;
	}
}

static void
solver_clear(struct solver *s)
{
	for (size_t i = 0; i < s->plan->steps.n; i++) {
		preimage_clear(&s->states[i].preimage);
		free(s->states[i].miss);
	}
	free(s->states);
	noted_build_clear(&s->notes);
	error_clear(&s->error);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
}

/* ------------------------------------------------------------ threads */

/* The ready step with the smallest number, or NULL. Under the lock. */
static const struct step *
take_ready(struct solver *s)
{
	for (size_t i = 0; i < s->plan->steps.n; i++) {
		if (s->states[i].phase == PHASE_READY) {
			s->states[i].phase = PHASE_RUNNING;
			return &s->plan->steps.at[i];
		}
	}
	return NULL;
}

/* Called with the lock held. 1 if the step is ready now. */
static size_t
unblock(struct step_state *state)
{
	if (state->phase != PHASE_WAITING || --state->n_blocking > 0)
		return 0;
	state->phase = PHASE_READY;
	return 1;
}

/* Called with the lock held. Returns how many steps became ready. */
static size_t
mark_done(struct solver *s, const struct step *step)
{
	size_t n_ready = 0;

	s->states[step->id].phase = PHASE_DONE;
	s->n_left--;
	for (size_t i = step->id + 1; i < s->plan->steps.n; i++) {
		const struct step *user = &s->plan->steps.at[i];

		for (size_t j = 0; j < user->inputs.n; j++)
			if (user->inputs.at[j] == step->id)
				n_ready += unblock(&s->states[i]);
		if (s->states[i].twin == step->id)
			n_ready += unblock(&s->states[i]);
	}
	return n_ready;
}

/* Under the lock. If a step lacks a cached layer, the other running steps are still
 * useful: they continue to their end. */
static void
mark_failed(struct solver *s, struct error *err)
{
	if (!s->failed) {
		s->failed = true;
		s->lost = err->code != ERR_CANCELLED && solver_has_lost(s);
		error_move(&s->error, err);
		if (!s->lost)
			cancel_trigger(s->options->env->cancel);
	}
	error_clear(err);
}

/* Under the lock. N_READY steps became ready, of which the caller takes one: nobody else
 * is woken for the steps of a chain. */
static void
wake(struct solver *s, size_t n_ready)
{
	if (s->n_left == 0 || s->failed)
		pthread_cond_broadcast(&s->changed);
	for (size_t i = 1; i < n_ready; i++)
		pthread_cond_signal(&s->changed);
}

static void *
solver_thread(void *arg)
{
	struct solver *s = arg;

	pthread_mutex_lock(&s->lock);
	while (s->n_left > 0 && !s->failed) {
		const struct step *step = take_ready(s);
		struct error err = ERROR_INIT;
		size_t n_ready = 0;
		int failed = 0;

		if (step == NULL) {
			pthread_cond_wait(&s->changed, &s->lock);
			continue;
		}
		pthread_mutex_unlock(&s->lock);
		failed = cancel_check(s->options->env->cancel, &err);
		if (failed == 0)
			failed = solver_run_step(s, step, &err);
		pthread_mutex_lock(&s->lock);
		if (failed < 0)
			mark_failed(s, &err);
		else
			n_ready = mark_done(s, step);
		s->n_run++;
		wake(s, n_ready);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* Runs everything that is needed and not done; this thread works too. */
static int
solver_work(struct solver *s, struct error *err)
{
	pthread_t threads[JOBS_MAX];
	size_t wanted = s->options->jobs, n = 0;

	if (wanted == 0)
		wanted = job_cpus() * 2 > JOBS_MIN ? job_cpus() * 2 : JOBS_MIN;
	if (wanted > s->n_left)
		wanted = s->n_left;
	while (n + 1 < wanted && n < JOBS_MAX &&
	       pthread_create(&threads[n], NULL, solver_thread, s) == 0)
		n++;
	solver_thread(s);
	for (size_t i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	if (!s->failed)
		return 0;
	error_move(err, &s->error);
	return -1;
}

/* ------------------------------------------------------------ phases */

/* Sources have no inputs, so all of them start at once. */
static int
run_sources(struct solver *s, struct error *err)
{
	for (size_t i = 0; i < s->plan->steps.n; i++) {
		if (s->states[i].is_source) {
			s->states[i].phase = PHASE_READY;
			s->n_left++;
		}
	}
	return solver_work(s, err);
}

/* Emptied before the first step runs, because later steps see what earlier ones leave
 * there. */
static void
drop_mounts(struct solver *s)
{
	for (size_t i = 0; i < s->plan->steps.n; i++)
		if (!solver_may_look_up(s, &s->plan->steps.at[i]))
			step_drop_mounts(s->options->env, &s->plan->steps.at[i]);
}

static void
conclude_contexts(struct solver *s)
{
	for (size_t i = 0; i < s->plan->steps.n; i++)
		if (s->plan->steps.at[i].kind == STEP_LOCAL &&
		    s->states[i].phase == PHASE_DONE)
			solver_conclude(s, &s->plan->steps.at[i], OUTCOME_DONE, NULL);
}

static int
run_phases(struct solver *s, struct error *err)
{
	int failed = 0;

	if (!s->options->dry_run && solver_check_engine_first(s, err) < 0)
		return -1;
	failed = run_sources(s, err);
	if (failed == 0)
		failed = solver_make_keys(s, err);
	conclude_contexts(s);
	if (failed < 0)
		return -1;
	solver_find_same(s);
	solver_look_up(s);
	solver_mark_needed(s);
	solver_settle_images(s);
	solver_explain(s);
	if (s->options->dry_run)
		return 0;
	if (solver_check_engine(s, err) < 0)
		return -1;
	drop_mounts(s);
	s->n_run = 0;
	return solver_work(s, err);
}

/* Recorded also for steps that were not needed, because their results are known. */
static void
collect_solved(const struct solver *s, struct solution *out)
{
	for (size_t i = 0; i < s->plan->steps.n; i++) {
		const struct step_state *state = &s->states[i];
		struct solved *solved = NULL;

		if (state->is_source || (!state->cached && state->phase != PHASE_DONE))
			continue;
		solved = array_add(&out->solved);
		solved->step = i;
		solved->made.key = state->key;
		solved->made.record = state->cached ? state->record : s->results[i].made;
	}
}

int
solve_run(const struct solve_options *options, struct solution *out, struct error *err)
{
	struct solver s;
	int failed = 0;

	solver_init(&s, options, out);
	solver_announce(&s);
	failed = run_phases(&s, err);
	if (failed == 0 && options->dry_run)
		out->fates = solver_fates(&s);
	else if (failed == 0)
		solver_settle_rest(&s);
	solver_dismiss(&s);
	solver_note_end(&s);
	out->n_cached = s.n_cached;
	out->n_run = s.n_run;
	out->lost = s.lost;
	if (failed == 0 && !options->dry_run)
		collect_solved(&s, out);
	solver_clear(&s);
	return failed;
}

void
solution_clear(struct solution *s)
{
	for (size_t i = 0; i < s->n; i++)
		result_clear(&s->results[i]);
	for (size_t i = 0; s->fates != NULL && i < s->n; i++)
		free(s->fates[i].reason);
	free(s->fates);
	free(s->results);
	array_clear(&s->solved);
	*s = (struct solution){ 0 };
}
