/*
 * solve: decides which steps of a plan must run, and runs them.
 *
 *	1. sources   contexts are scanned, URLs and repositories fetched; in parallel
 *	2. keys      a definition key for every step, inputs first
 *	3. lookup    which of them have records whose layers are still there
 *	4. need      from the target down: a cached step needs only its base's layers
 *	5. run       the remaining steps when their inputs are ready, on several
 *	             threads; right before, a step is looked up by its content key
 *	             (early cut-off: an input was rebuilt but is unchanged)
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
	int64_t oldest_ns;                  /* older records are none; 0: any */
	const struct text *no_cache_stages; /* names of stages that must be rebuilt */
	size_t n_no_cache_stages;
	size_t jobs;                          /* steps at once, 0 = default */
	const struct cache_records *imported; /* records of other machines; may be NULL */
	const char *place; /* the same for builds that are the same to users
	                      (noted_build.h); NULL: misses are not explained */
	bool wants_tar;    /* the target's layers are exported as tars */
	bool wants_dir;    /* the target's files are exported */
	bool dry_run;      /* the phases before the last one: see solution.fates */
};

/* The cache entry of a finished step. */
struct solved {
	step_id step;
	struct cache_record made;
};

/* What a dry run says of a step. A step that builds on one that misses may turn out to be
 * cached, too, if that one gives the same result. */
enum step_verdict {
	VERDICT_NONE, /* a source, or shown as a step of another platform */
	VERDICT_HIT,
	VERDICT_MISS,
	VERDICT_SKIPPED,
};

struct step_fate {
	enum step_verdict verdict;
	char *reason; /* of a miss; NULL: unknown. Owned */
	bool is_read; /* an image: steps that run need its files */
};

struct solution {
	struct result *results; /* one per step of the plan; empty if not needed */
	size_t n;
	ARRAY(struct solved) solved; /* finished steps, in order of the plan */
	size_t n_cached, n_run;
	struct step_fate *fates; /* n of them after a dry run, else NULL */
	bool lost;               /* it failed because the cache lost a layer */
};

/* Runs the plan. On failure returns the first error, after all running steps have ended.
 * If LOST, the cache has dropped that layer, and another run works without it. */
int
solve_run(const struct solve_options *options, struct solution *out, struct error *err);
void solution_clear(struct solution *s);

#endif
