/*
 * state: the solver's state of each step. Internal to solve.
 */
#ifndef BUILDER_SOLVE_STATE_H
#define BUILDER_SOLVE_STATE_H

#include <pthread.h>

#include "base/event.h"
#include "builder/cache/cache.h"
#include "builder/cache/noted_build.h"
#include "builder/solve/solve.h"
#include "parser/plan.h"
#include "parser/step.h"

enum step_phase { PHASE_IDLE, PHASE_WAITING, PHASE_READY, PHASE_RUNNING, PHASE_DONE };

struct step_state {
	enum step_phase phase; /* under the solver's lock */
	bool needed;           /* its layers are needed */
	bool cached;           /* a record was found in step 3 */
	bool anew;             /* it or one of its inputs must not come from a record */
	bool is_source;        /* local, git, http, image, scratch: done in phase 1 */
	struct digest key;     /* definition key */
	struct preimage preimage;
	struct record record; /* if cached */
	size_t n_blocking;    /* unfinished inputs; under the lock */
	unsigned forms;       /* needed forms of the layer it makes */
	step_id twin;         /* an earlier step with the same key, or STEP_NONE */
	step_id first;        /* the same step for the first platform, or STEP_NONE: only
	                         the first is shown */
	int vertex;           /* 0: not shown */
	bool begun, over;     /* the vertex; under the lock */
	bool excused;         /* it does not run because its base failed, which is told */
	bool failed;          /* it ran, and did not end well */
	char *miss;           /* why it is not cached; NULL: unknown */
};

struct solver {
	const struct solve_options *options;
	const struct plan *plan;
	struct step_state *states;
	struct result *results;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t n_left; /* needed steps that are not finished */
	size_t n_run, n_cached;
	bool failed;
	bool lost;                /* because of a layer that the cache lost */
	struct error error;       /* the first */
	struct noted_build notes; /* of this build, if anything runs */
	struct digest notes_state;
};

/* keys.c: phases 2 and 3. */
int solver_make_keys(struct solver *s, struct error *err);
void solver_look_up(struct solver *s);
/* False if the step must run in any case. */
bool solver_may_look_up(const struct solver *s, const struct step *step);

/* Finds steps that are equal for several platforms. */
void solver_find_same(struct solver *s);

/* The record of KEY, made here or imported. */
bool
solver_find_record(const struct solver *s, const struct digest *key, struct record *out);

/* why.c: explains why steps are not cached, by the notes of earlier builds, and notes this
 * build; its end, when it is known how steps ended. */
void solver_explain(struct solver *s);
void solver_note_end(struct solver *s);

/* fates.c: what a dry run says of each step; the caller frees. */
struct step_fate *solver_fates(const struct solver *s);

/* need.c: phase 4: marks needed steps, counts their unfinished inputs, and decides
 * which forms their layers need. */
void solver_mark_needed(struct solver *s);

/* The inputs' results for STEP, in order; caller frees the array. */
struct result **solver_inputs(struct solver *s, const struct step *step);

/* True if a step of KIND is done in phase 1. */
bool step_is_source(enum step_kind kind);

/* engine.c: -1 if a RUN is needed, is not cached, and cannot run here. At the first call
 * only the plan is known; then only an empty store proves that nothing is cached. */
int solver_check_engine_first(struct solver *s, struct error *err);
int solver_check_engine(struct solver *s, struct error *err);

/* True if STEP has a content key. */
bool solver_wants_content_key(const struct solver *s, const struct step *step);

/* Reports that STEP failed with ERR. Returns -1. */
int solver_fail(struct solver *s, const struct step *step, struct error *err);

/* shown.c: the steps as vertices. Each function may be called again, and for a step that
 * is not shown. */
void solver_announce(struct solver *s);
void solver_begin(struct solver *s, const struct step *step);
void solver_conclude(struct solver *s, const struct step *step,
                     enum event_outcome outcome, const char *text);
/* STEP is not cached: why, if that is known. */
void solver_tell_miss(struct solver *s, const struct step *step);
/* The layer that STEP made or took. */
void solver_tell_layer(struct solver *s, const struct step *step);
/* Ends the vertices of steps that will not run. */
void solver_dismiss(struct solver *s);

/* ready.c: IMAGE, the step of a base, ends if nothing of it has to be unpacked; the bases
 * end of which no step needs files; all others end. */
void solver_settle_image(struct solver *s, const struct step *image);
void solver_settle_images(struct solver *s);
void solver_settle_rest(struct solver *s);

/* Pulls and unpacks what STEP needs of base images: for its BASE, or for its other
 * inputs. */
int solver_make_ready(struct solver *s, const struct step *step, bool base,
                      struct error *err);

/* run.c: runs one step, in the thread that took it. */
int solver_run_step(struct solver *s, const struct step *step, struct error *err);

/* True if the layer of a step, which comes from the cache or an earlier step, is not
 * available. Under the lock. */
bool solver_has_lost(const struct solver *s);

/* Reports that STEP is not needed because all its users are cached. */
void solver_skip(struct solver *s, const struct step *step);

/* The result of a cached step: its base's layers and the recorded one. */
void solver_take_record(struct solver *s, const struct step *step,
                        const struct record *record);

#endif
