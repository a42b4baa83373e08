/*
 * plan_edits: changes of the command line to images; see struct plan_edits.
 */
#ifndef PARSER_PLAN_EDITS_H
#define PARSER_PLAN_EDITS_H

#include "parser/planner.h"

/* What NODE, which starts from an image or from nothing, does not take over, or gets. */
void plan_edits_begin(struct planner *p, struct node *node);

/* What the finished image does not keep. */
void plan_edits_end(struct planner *p, struct state *state);

#endif
