/*
 * planner: the state of plan_make(), shared by its files.
 *
 *	node       a stage, or another source that a --from names
 *	command    an instruction of a node with the nodes it copies or mounts from
 *	state      the image as it would be after the instructions so far
 *
 * First, nodes are found and connected (stages.c). Then their origins are looked up
 * (origin.c, onbuild.c). Then the instructions of the reachable nodes are processed
 * (plan_config.c, plan_run.c, plan_copy.c): each changes the node's state and may add
 * steps (plan_steps.c).
 */
#ifndef PARSER_PLANNER_H
#define PARSER_PLANNER_H

#include "parser/config.h"
#include "parser/dockerfile.h"
#include "parser/lint.h"
#include "parser/plan.h"
#include "parser/step.h"
#include "parser/variables.h"

struct node;

struct command {
	const struct instruction *in;
	/* COPY --from: one. RUN: one for each mount, NULL for those without. */
	struct node **sources;
	size_t n_sources;
	bool is_trigger;
};

/* Own history entries, newest first; stages built on a stage share its chain. */
struct history_chain {
	struct history entry;
	const struct history_chain *before;
	size_t n; /* entries up to here */
};

/* The last instruction of a kind that may occur only once in a stage. */
struct used_once {
	const struct instruction *cmd, *entrypoint, *health;
};

struct state {
	step_id step;          /* has the files that the next step starts from */
	step_id origin;        /* STEP_IMAGE, STEP_SCRATCH */
	struct variables env;  /* for expansion, and visible to a RUN */
	struct variables args; /* declared by ARG, with their last values */
	/* The image's configuration. Members with a list of their own below are added
	 * to CONFIG only at the end; its other arrays are replaced as a whole and are
	 * in arenas. */
	struct config config;
	struct variables config_env, labels, ports, volumes;
	const struct history_chain *history;
	struct used_once used;
	bool workdir_set;
	struct variable *env_list; /* env without gaps, NULL: not made yet */
	size_t n_env_list;
};

enum origin_kind {
	ORIGIN_NODE, /* an earlier stage */
	ORIGIN_SCRATCH,
	ORIGIN_IMAGE,
	ORIGIN_FILES, /* of a named context: a directory, a repository, a URL */
};

struct node {
	size_t index; /* of the stage; for other nodes, of the stage that names it */
	const struct stage *stage; /* NULL: not a stage of the file */
	const struct instruction *at;
	struct text name;      /* as written or registered */
	struct text shown;     /* in the names of steps and in messages */
	struct text image;     /* what FROM names, expanded */
	struct text *mentions; /* variables that FROM uses */
	struct text unset;     /* one that FROM uses and that is not set, or p NULL */
	size_t n_mentions;
	struct node *base;                   /* FROM a stage */
	struct platform platform;            /* wanted; inherited from a base */
	bool has_platform;                   /* FROM --platform */
	const struct named_context *context; /* replaces the stage or the image */
	bool is_replaced;                    /* CONTEXT stands for the whole stage */

	ARRAY(struct command) commands;
	size_t n_counted, n_shown; /* steps with a number in their names */
	size_t n_children_left;    /* stages on top of this one, not begun yet */

	bool is_reachable, is_resolved, has_triggers, is_done;
	enum origin_kind origin;
	const struct base_image *found; /* ORIGIN_IMAGE */
	struct platform result;         /* from the image's config */
	step_id files;                  /* of a replaced stage: what to copy from */
	struct state state;
};

struct planner {
	struct dockerfile *df;
	const struct plan_options *options;
	const struct base_image *const *bases;
	size_t n_bases;
	struct plan *plan;
	struct arena *arena;      /* the plan's */
	struct map build_args;    /* name → const struct variable */
	struct variables globals; /* ARGs before the first FROM, and predefined ones */
	struct variables global_args; /* names alone that were declared there */
	ARRAY(struct variable) proxy;
	ARRAY(struct node *) nodes; /* stages in order, then the others */
	struct map names;           /* stage name → node */
	struct map contexts;        /* brief image name[::platform] → named_context */
	struct map sources;         /* identity of a source step → step id + 1 */
	struct node *target;
	struct lint lint;
	struct text cache_space; /* BUILDKIT_CACHE_MOUNT_NS */
	struct text hostname;    /* p NULL: default */
};

/* True if another node still needs the variables of the finished NODE. */
bool planner_needs_state(const struct planner *p, const struct node *node);

/* The value of the build argument NAME: 1, or 0 if it was not given. */
int planner_build_arg(const struct planner *p, const char *name, struct text *value);

/* Moves the elements of SCRATCH to an ARRAY in the plan's arena. */
#define planner_freeze(p, to, scratch)                                                   \
	do {                                                                             \
		(to)->n = (to)->cap = (scratch)->n;                                      \
		(to)->at = NULL;                                                         \
		if ((scratch)->n > 0)                                                    \
			(to)->at = memcpy(arena_alloc_n((p)->arena, (scratch)->n,        \
			                                sizeof *(to)->at),               \
			                  (scratch)->at,                                 \
			                  (scratch)->n * sizeof *(to)->at);              \
		array_clear(scratch);                                                    \
	} while (0)

#endif
