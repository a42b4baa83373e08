/*
 * origin: what a node starts from. An image, nothing (scratch), an earlier
 * stage, or the files of a named context; named contexts come before images
 * and, by their name, before stages.
 */
#ifndef PARSER_ORIGIN_H
#define PARSER_ORIGIN_H

#include "parser/plan.h"
#include "parser/planner.h"
#include "parser/step.h"

void origin_init(struct planner *p);

/* The named context called NAME, for PLATFORM if there is one just for it. */
const struct named_context *
origin_find_context(struct planner *p, struct text name, const struct platform *platform);

/* Checks the image names of all nodes, also of those that are not needed. */
int origin_check_names(struct planner *p, struct error *err);

/* Finds what the reachable nodes start from. What is not known yet is added to
 * plan->missing. */
int origin_resolve(struct planner *p, struct error *err);

/* Lets the state of NODE be what it starts from. */
int origin_begin(struct planner *p, struct node *node, struct error *err);

/* The step to copy NODE's files from. */
step_id origin_files(struct planner *p, struct node *node);

/* The same as layers: files of a context become one. */
step_id origin_layers(struct planner *p, struct node *node);

#endif
