/*
 * plan: turns a dockerfile and options into a DAG of steps and an image per platform.
 *
 * A plan borrows from its dockerfile and from the options, which must outlive it;
 * everything else is in its arena. After it was made, only plan_join() changes it.
 */
#ifndef PARSER_PLAN_H
#define PARSER_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/platform.h"
#include "base/text.h"
#include "parser/config.h"
#include "parser/dockerfile.h"
#include "parser/ignore.h"
#include "parser/step.h"

enum context_kind {
	CONTEXT_LOCAL,   /* a directory: value = path */
	CONTEXT_IMAGE,   /* docker-image://, value = reference */
	CONTEXT_LAYOUT,  /* oci-layout://, value = path[:tag][@digest] */
	CONTEXT_SCRATCH, /* docker-image://scratch */
	CONTEXT_GIT,
	CONTEXT_HTTP,
};

/* Facts about an image that a plan names. The caller fills it in. */
struct base_image {
	struct text name;               /* as in missing_base */
	struct platform platform;       /* the wanted one, same as in missing_base */
	struct digest digest;           /* of the platform's manifest */
	struct platform image_platform; /* what its config says */
	struct config config;           /* onbuild = its triggers */
	int64_t created_ns;             /* 0 unknown */
	void *image;                    /* the caller's own handle */
	enum context_kind kind; /* CONTEXT_LAYOUT as in missing_base; else ignored */
};

struct named_context {
	struct text name; /* normalised: "alpine", "alpine::linux/amd64" */
	enum context_kind kind;
	struct text value;
};

/* What the command line changes in images besides --label. */
struct plan_edits {
	struct text from; /* the image of the first FROM; p NULL: the one it names */
	const struct variable *env; /* set behind each FROM that names an image */
	size_t n_env;
	const struct text *unset_env; /* not in the result */
	size_t n_unset_env;
	const struct text *unset_labels; /* not taken over from an image */
	size_t n_unset_labels;
	bool drops_labels; /* no label is */
};

struct plan_options {
	const struct variable *build_args;
	size_t n_build_args;
	struct text target; /* p NULL: last stage */
	struct platform target_platform, build_platform;
	bool explicit_platform; /* --platform was given */
	bool several_platforms; /* names of steps contain their platform */
	const struct named_context *contexts;
	size_t n_contexts;
	const struct variable *labels; /* --label */
	size_t n_labels;
	struct text network; /* --network: "default" "none" "host" */
	bool allow_host_network, allow_insecure;
	const struct ignore *ignore;  /* of the main context, for a lint rule; or NULL */
	const struct variable *hosts; /* --add-host: name, address */
	size_t n_hosts;
	struct plan_edits edits;
	bool all_stages;    /* --check: looks at all stages, whether needed or not */
	bool wants_outline; /* fills plan.outline */
};

struct history {
	struct text created_by;
	step_id step; /* whose layer it is; STEP_NONE: empty_layer */
};

/* The result of a stage. */
struct plan_image {
	size_t stage;
	step_id step; /* last step: its layers are the image's */
	step_id base; /* the STEP_IMAGE or STEP_SCRATCH it started from */
	struct config config;
	struct platform platform;
	ARRAY(struct history)
	history; /* own entries, in order; base history comes before */
};

struct missing_base {
	struct text name;
	struct platform platform;
	struct place at;
	struct text display;    /* for "[internal] load metadata for …" */
	enum context_kind kind; /* CONTEXT_IMAGE or CONTEXT_LAYOUT */
};

struct lint_warning {
	const char *rule;              /* "StageNameCasing" */
	const char *description, *url; /* url NULL: none */
	struct text detail;
	struct place at;
};

/* An input that a build accepts. */
struct outline_item {
	struct text name, value, description; /* p NULL: none */
	bool required;
	struct place at;
};

struct outline_items {
	struct outline_item *at;
	size_t n, cap;
};

/* The inputs that the target and its stages accept, in the order of the lines. */
struct outline {
	struct text name, description; /* of the target; p NULL: none */
	struct outline_items args, secrets, agents;
};

struct plan {
	struct arena *arena;
	const struct dockerfile *df;
	ARRAY(struct missing_base) missing; /* not empty: nothing else is valid */
	ARRAY(struct step) steps;           /* reachable only, inputs first */
	struct plan_image image;            /* the target's */
	ARRAY(struct plan_image) others;    /* of the plans that were joined to this */
	ARRAY(struct lint_warning) warnings;
	bool lint_is_error; /* check=error=true and there are warnings */
	struct text epoch; /* SOURCE_DATE_EPOCH as seen (build arg or ARG), p NULL none */
	bool multi_platform, inline_cache; /* BUILDKIT_… arguments */
	struct outline outline;            /* if plan_options.wants_outline */
};

/* Makes the plan. BASES are the images known so far. NULL with ERR on a mistake
 * in the Dockerfile or the options. Caller frees. */
struct plan *
plan_make(struct dockerfile *df, const struct plan_options *options,
          const struct base_image *const *bases, size_t n_bases, struct error *err);
void plan_free(struct plan *plan); /* takes NULL */

/* The same only for the warnings; never NULL. After a mistake (ERR is set) the plan
 * has the warnings before it; nothing else in it is valid. */
struct plan *
plan_check(struct dockerfile *df, const struct plan_options *options,
           const struct base_image *const *bases, size_t n_bases, struct error *err);

/* -1 if the Dockerfile says that warnings are errors (check=error=true), and there are
 * warnings. */
int plan_check_lint(const struct plan *plan, struct error *err);

/* Joins PLAN and OTHER, which are plans of one Dockerfile for different platforms.
 * OTHER's steps and images are appended to PLAN's, and equal sources become one. Equal
 * warnings are kept once. Takes ownership of OTHER. */
void plan_join(struct plan *plan, struct plan *other);

/* The images that PLAN makes, in the order of the platforms. */
size_t plan_n_images(const struct plan *plan);
const struct plan_image *plan_image_at(const struct plan *plan, size_t i);

/* Marks the steps that IMAGE needs in NEEDED, an array of plan->steps.n. */
void
plan_mark_needed(const struct plan *plan, const struct plan_image *image, bool *needed);

/* The DAG as text, for users and tests: keys in fixed order, no addresses. Caller
 * frees. */
char *plan_print_json(const struct plan *plan);
char *plan_print_dot(const struct plan *plan);

#endif
