/*
 * fold: instructions that change an image's configuration and make no layer.
 * Each leaves its mark in the state of its node and a history entry.
 */
#ifndef PARSER_FOLD_H
#define PARSER_FOLD_H

#include "parser/dockerfile.h"
#include "parser/expand.h"
#include "parser/planner.h"

/* All instructions but FROM, RUN, COPY, ADD and WORKDIR. */
int fold_instruction(struct planner *p, struct node *node, const struct instruction *in,
                     struct error *err);

/* The words of a shell form TEXT with the shell in force in front. */
void fold_shell(struct planner *p, const struct node *node, struct text text,
                struct words *out);

/* Checks the ports of EXPOSE, "[[ip:]hostport:]port[-port][/proto]", and adds
 * "port/proto" for each of them to OUT; the texts live in the plan's arena. */
int fold_ports(struct planner *p, const struct instruction *in, struct text port,
               struct words *out, struct error *err);

/* True if TEXT is the name or number of a signal. */
bool fold_is_signal(struct text text);

#endif
