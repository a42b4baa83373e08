/*
 * plan_layers: turns instructions that make a layer into steps.
 */
#ifndef PARSER_PLAN_LAYERS_H
#define PARSER_PLAN_LAYERS_H

#include "parser/dockerfile.h"
#include "parser/planner.h"
#include "parser/step.h"

typedef int plan_layer_fn(struct planner *p, struct node *node,
                          const struct command *command, struct error *err);

plan_layer_fn plan_run, plan_copy, plan_workdir;

/* A source argument of ADD, and the step for its URL. */
struct remote {
	step_id step;
	struct text path; /* in the step's files */
};

/* 1 and *OUT if SOURCE is a repository or a URL, 0 if it is a path, -1. NAME is
 * for the step's. */
int plan_remote(struct planner *p, struct node *node, const struct instruction *in,
                struct text source, struct text checksum, struct text chmod,
                struct text name, struct remote *out, struct error *err);

/* BODY of <<- without the leading TABs of its lines. */
struct text plan_chomp(struct planner *p, struct text body);

/* Whether CHMOD is octal or a list of symbolic changes. */
int plan_check_chmod(struct text chmod, struct error *err);

/* ERR_DOCKERFILE if WORD, which reaches the kernel as a path, an argument, a variable or a
 * user, contains a NUL byte, where it would end. (JSON can contain one: what is only
 * written to the image's config stays as it is, as BuildKit leaves it.) */
int plan_check_word(struct text word, struct error *err);

#endif
