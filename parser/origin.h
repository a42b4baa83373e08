/*
 * origin: what a node starts from: an image, nothing (scratch), an earlier stage,
 * or the files of a named context. A named context takes precedence over an image
 * or a stage of its name.
 */
#ifndef PARSER_ORIGIN_H
#define PARSER_ORIGIN_H

#include "parser/plan.h"
#include "parser/planner.h"
#include "parser/step.h"

void origin_init(struct planner *p);

/* The named context NAME; one for PLATFORM is preferred. */
const struct named_context *
origin_find_context(struct planner *p, struct text name, const struct platform *platform);

/* Checks the image names of all nodes, even unneeded ones. */
int origin_check_names(struct planner *p, struct error *err);

/* Finds the origins of the reachable nodes. Unknown images are added to
 * plan->missing. */
int origin_resolve(struct planner *p, struct error *err);

/* Sets the state of NODE to that of its origin. */
int origin_begin(struct planner *p, struct node *node, struct error *err);

/* The step to copy NODE's files from. */
step_id origin_files(struct planner *p, struct node *node);

/* The same as layers: files of a context become one layer. */
step_id origin_layers(struct planner *p, struct node *node);

#endif
