/*
 * stages: the nodes of the graph and how they are joined.
 *
 * A stage's FROM knows the names of the stages before it; COPY --from and RUN
 * --mount=from know all names, and what is no stage's name becomes a node of
 * its own, to be looked up as an image or a named context.
 */
#ifndef PARSER_STAGES_H
#define PARSER_STAGES_H

#include "parser/dockerfile.h"
#include "parser/planner.h"

/* Makes a node for each stage, with its base and platform. */
int stages_make(struct planner *p, struct error *err);

/* Finds p->target. */
int stages_find_target(struct planner *p, struct error *err);

/* Adds IN to the commands of NODE and finds the nodes it takes files from. */
int stages_add_command(struct planner *p, struct node *node, const struct instruction *in,
                       bool is_trigger, struct command *out, struct error *err);

/* Finds what all commands of all stages take files from. */
int stages_join(struct planner *p, struct error *err);

/* Fails if a stage takes files from itself, perhaps by way of others. */
int stages_check_cycles(struct planner *p, struct error *err);

/* Marks what the target needs. */
void stages_mark_reachable(struct planner *p);

void node_free(struct node *node);

#endif
