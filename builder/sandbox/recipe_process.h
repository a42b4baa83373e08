/*
 * recipe_process: the part of a recipe that all engines write.
 */
#ifndef BUILDER_SANDBOX_RECIPE_PROCESS_H
#define BUILDER_SANDBOX_RECIPE_PROCESS_H

#include "builder/sandbox/engine.h"
#include "builder/sandbox/recipe_draft.h"

/* Adds ids, capabilities, the program with its arguments and environment, limits, and
 * FILTER (may be NULL) unless R is insecure. */
void recipe_add_process(struct recipe_draft *d, const struct sandbox *sb,
                        const struct sandbox_run *r, const struct filter *filter);

#endif
