/*
 * onbuild: triggers of a base for its children. They become the first instructions
 * of each child, and are not inherited further.
 */
#ifndef PARSER_ONBUILD_H
#define PARSER_ONBUILD_H

#include "parser/planner.h"

/* Adds the triggers of all reachable nodes' bases that were not added yet. Returns 1 if
 * some of them take files from other stages, so that more may be needed; else 0 or -1. */
int onbuild_add(struct planner *p, struct error *err);

#endif
