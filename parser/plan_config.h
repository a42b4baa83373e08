/*
 * plan_config: instructions that change an image's configuration and make no layer.
 * Each changes the state of its node and adds a history entry without a layer.
 */
#ifndef PARSER_PLAN_CONFIG_H
#define PARSER_PLAN_CONFIG_H

#include "parser/dockerfile.h"
#include "parser/expand.h"
#include "parser/planner.h"

/* All instructions but FROM, RUN, COPY, ADD and WORKDIR. */
int plan_config_instruction(struct planner *p, struct node *node,
                            const struct instruction *in, struct error *err);

/* The words of a shell form TEXT, after those of the current shell. */
void plan_config_shell(struct planner *p, const struct node *node, struct text text,
                       struct words *out);

/* Checks the ports of EXPOSE, "[[ip:]hostport:]port[-port][/proto]", and adds
 * "port/proto" for each of them to OUT; the texts live in the plan's arena. */
int plan_config_ports(struct planner *p, const struct instruction *in, struct text port,
                      struct words *out, struct error *err);

/* True if TEXT is the name or number of a signal. */
bool plan_config_is_signal(struct text text);

#endif
