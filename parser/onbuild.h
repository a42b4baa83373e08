/*
 * onbuild: triggers that a base left for its children. They become the first
 * instructions of each child, once, and are not handed on.
 */
#ifndef PARSER_ONBUILD_H
#define PARSER_ONBUILD_H

#include "parser/planner.h"

/* Adds the triggers of all reachable nodes' bases that were not added yet. 1 if
 * some of them take files from somewhere, so that more may be needed; 0, -1. */
int onbuild_add(struct planner *p, struct error *err);

#endif
