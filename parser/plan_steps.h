/*
 * plan_steps: adds steps to the plan.
 *
 * A source (image, context, repository, URL) is added only once, even if it is named
 * several times. At the end all steps that the target does not need are removed.
 */
#ifndef PARSER_PLAN_STEPS_H
#define PARSER_PLAN_STEPS_H

#include "parser/dockerfile.h"
#include "parser/plan.h"
#include "parser/planner.h"
#include "parser/step.h"

/* A new step for IN in NODE on top of BASE (may be STEP_NONE). Valid until the
 * next one is added. */
struct step *
plan_step_add(struct planner *p, const struct node *node, enum step_kind kind,
              const struct instruction *in, step_id base);

/* Sets the inputs of STEP, from its base and its kind's own references. */
void plan_step_finish(struct planner *p, struct step *step);

step_id plan_step_scratch(struct planner *p, const struct node *node);
step_id plan_step_image(struct planner *p, struct node *node);

/* The step of the named context C, or of the main one (NULL). */
step_id plan_step_local(struct planner *p, const struct node *node,
                        const struct instruction *in, const struct named_context *c);
step_id
plan_step_git(struct planner *p, const struct node *node, const struct instruction *in,
              const struct step_git *git, struct text name);
step_id
plan_step_http(struct planner *p, const struct node *node, const struct instruction *in,
               const struct step_http *http, struct text name);

/* "[build 2/5] RUN make": TEXT with NODE's next number in front; with several platforms
 * "[linux/amd64->arm64 build 2/5] RUN make". */
struct text plan_step_name(struct planner *p, struct node *node, struct text text);

/* The keyword of LINE in capitals; "ONBUILD " in front for triggers. */
struct text
plan_step_command(struct planner *p, const struct command *command, struct text line);

/* Appends the identity of a source step to KEY; false if STEP is not a source. */
bool plan_step_identity(const struct step *step, struct buf *key);

/* Replaces every step number I by NUMBERS[I]. */
void plan_step_renumber(struct step *step, const step_id *numbers);
void plan_image_renumber(struct plan_image *image, const step_id *numbers);

/* Removes the steps that the image does not need and numbers the rest. */
void plan_steps_prune(struct planner *p);

#endif
