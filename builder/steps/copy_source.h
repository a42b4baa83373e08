/*
 * copy_source: one opened source argument of COPY or ADD: its view, its matches, and
 * the patterns for entries below them. Both the copy and its cache key use it.
 */
#ifndef BUILDER_STEPS_COPY_SOURCE_H
#define BUILDER_STEPS_COPY_SOURCE_H

#include "builder/steps/copy_match.h"
#include "builder/steps/copy_walk.h"
#include "builder/steps/steps.h"
#include "parser/ignore.h"
#include "parser/step.h"

struct opened_source {
	const struct result *result; /* NULL: inline content */
	enum step_kind kind;         /* of the step that made it; STEP_SCRATCH: inline */
	struct view *view;
	struct layer *inline_layer;
	struct matches matches;
	struct ignore *excludes; /* NULL: none */
	char *include;           /* --parents: the part that is kept; else NULL */
};

#define OPENED_SOURCE_INIT                                                               \
	{                                                                                \
		0                                                                        \
	}

/* Opens source I of JOB's copy step. A missing literal path is ERR_SOURCE '"/path": not
 * found', with a hint. */
int opened_source_open(const struct step_job *job, size_t i, struct opened_source *out,
                       struct error *err);

/* Opens PATH, literally, in input INPUT of any step. */
int opened_source_open_path(const struct step_job *job, size_t input, struct text path,
                            struct opened_source *out, struct error *err);

/* Walks match I. */
int opened_source_walk(const struct opened_source *s, size_t i, copy_item_fn *fn,
                       void *arg, struct error *err);
void opened_source_clear(struct opened_source *s);
#define auto_opened_source __attribute__((cleanup(opened_source_clear)))

#endif
