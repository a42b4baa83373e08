/*
 * solve: decides which steps of a plan must run, and runs them.
 *
 *	1. sources   contexts are scanned, URLs and repositories fetched; in parallel
 *	2. keys      a definition key for every step, inputs first
 *	3. lookup    which of them have records whose layers are still there
 *	4. need      from the target down: a cached step needs its base's layers only
 *	5. run       what is left, as its inputs become ready, on several threads;
 *	             before a step runs, its content key gets a second chance
 *	             (early cut-off: an input was rebuilt but came out equal)
 *
 * The plan is immutable. A step's state is touched under the solver's lock; its
 * result is written by the thread that runs it, before it is marked as done.
 */
#ifndef BUILDER_SOLVE_SOLVE_H
#define BUILDER_SOLVE_SOLVE_H

#include "builder/cache/cache_records.h"
#include "builder/steps/steps.h"
#include "parser/plan.h"
#include "parser/step.h"

struct solve_options {
	const struct build_env *env;
	const struct plan *plan;
	bool no_cache;                      /* records are written, not read */
	const struct text *no_cache_stages; /* names of stages that are not looked up */
	size_t n_no_cache_stages;
	size_t jobs;                          /* steps at once, 0 = default */
	const struct cache_records *imported; /* records of other machines; may be NULL */
	const char
	        *last_build; /* says what is built, of what (last_build.h); NULL: misses
	                      are not explained */
	bool wants_tar;      /* the target's layers are exported as tars */
	bool wants_dir;      /* the target's files will be */
};

/* What the cache knows now of a step. */
struct solved {
	step_id step;
	struct cache_record made;
};

struct solution {
	struct result *results; /* one per step of the plan; empty if not needed */
	size_t n;
	ARRAY(struct solved) solved; /* steps that are done, in order of the plan */
	size_t n_cached, n_run;
	bool lost; /* it failed because of a layer that the cache has no more */
};

/* Runs the plan. On failure the first error; what was running has ended. If LOST, the
 * cache does not count that layer any more, and another run does without it. */
int
solve_run(const struct solve_options *options, struct solution *out, struct error *err);
void solution_clear(struct solution *s);

#endif
