/*
 * outline: the inputs that the target accepts, found in the nodes that it needs.
 *
 *	arguments   those that a needed stage declares or its FROM mentions, and
 *	            the ones before the first FROM that their defaults use
 *	secrets     and agents: the mounts of RUN
 *
 * If a stage only redeclares an argument from before the first FROM, the argument
 * counts as declared there. Predefined arguments are not listed.
 */
#ifndef PARSER_OUTLINE_H
#define PARSER_OUTLINE_H

#include "parser/planner.h"

/* Fills p->plan->outline. The steps of the plan are final. */
void outline_make(struct planner *p);

/* The rest of the first of COMMENTS that begins with NAME and a blank, or p NULL. */
struct text outline_description(const struct text *comments, size_t n, struct text name);

#endif
