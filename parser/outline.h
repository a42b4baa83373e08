/*
 * outline: what the target can be given, found in the nodes that it needs.
 *
 *	arguments   those that a needed stage declares or its FROM mentions, and
 *	            those before the first FROM that their defaults are made of
 *	secrets     and agents: the mounts of RUN
 *
 * What was declared before the first FROM and is only let in by a stage counts
 * as declared there. Predefined arguments are nobody's.
 */
#ifndef PARSER_OUTLINE_H
#define PARSER_OUTLINE_H

#include "parser/planner.h"

/* Fills p->plan->outline. The steps of the plan are final. */
void outline_make(struct planner *p);

/* The rest of the first of COMMENTS that begins with NAME and a blank, or p NULL. */
struct text outline_description(const struct text *comments, size_t n, struct text name);

#endif
