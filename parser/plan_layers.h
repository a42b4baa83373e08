/*
 * plan_layers: instructions that make a layer become steps.
 */
#ifndef PARSER_PLAN_LAYERS_H
#define PARSER_PLAN_LAYERS_H

#include "parser/dockerfile.h"
#include "parser/planner.h"
#include "parser/step.h"

typedef int plan_layer_fn(struct planner *p, struct node *node,
                          const struct command *command, struct error *err);

plan_layer_fn plan_run, plan_copy, plan_workdir;

/* What a source argument of ADD is, and the URL's own step. */
struct remote {
	step_id step;
	struct text path; /* in the step's files */
};

/* 1 and *OUT if SOURCE is a repository or a URL, 0 if it is a path, -1. NAME is
 * for the step's. */
int plan_remote(struct planner *p, struct node *node, const struct instruction *in,
                struct text source, struct text checksum, struct text chmod,
                struct text name, struct remote *out, struct error *err);

/* BODY of <<- without the TABs that its lines begin with. */
struct text plan_chomp(struct planner *p, struct text body);

/* Whether CHMOD is octal or a list of symbolic changes. */
int plan_check_chmod(struct text chmod, struct error *err);

/* ERR_DOCKERFILE if WORD, a path or an argument, has a byte 0: the kernel would take it
 * for its end. JSON can say one. */
int plan_check_word(struct text word, struct error *err);

#endif
