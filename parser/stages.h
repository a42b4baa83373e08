/*
 * stages: makes the nodes of the graph and connects them.
 *
 * A stage's FROM can name earlier stages. COPY --from and RUN --mount=from can name
 * all stages. Any other name becomes a node of its own, to be looked up as an image
 * or a named context.
 */
#ifndef PARSER_STAGES_H
#define PARSER_STAGES_H

#include "parser/dockerfile.h"
#include "parser/planner.h"

/* Makes a node for each stage, with its base and platform. */
int stages_make(struct planner *p, struct error *err);

/* Finds p->target. */
int stages_find_target(struct planner *p, struct error *err);

/* Adds IN to the commands of NODE and finds the nodes from which it takes files. */
int stages_add_command(struct planner *p, struct node *node, const struct instruction *in,
                       bool is_trigger, struct command *out, struct error *err);

/* Finds the nodes from which all commands of all stages take files. */
int stages_join(struct planner *p, struct error *err);

/* Fails if a stage takes files from itself, directly or indirectly. */
int stages_check_cycles(struct planner *p, struct error *err);

/* Marks the nodes that the target needs. */
void stages_mark_reachable(struct planner *p);

/* Adds the hint that a variable of NODE's FROM is not set, if so. Always -1. */
int stages_advise_unset(struct planner *p, const struct node *node, struct error *err);

void node_free(struct node *node);

#endif
