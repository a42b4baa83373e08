/*
 * draft: what every engine writes into a plan.
 */
#ifndef BUILDER_SANDBOX_DRAFT_H
#define BUILDER_SANDBOX_DRAFT_H

#include "builder/sandbox/engine.h"

/* Ids, capabilities, the program with its arguments and environment, limits, and
 * FILTER (may be NULL) unless R is insecure. */
void draft_process(struct plan_draft *d, const struct sandbox *sb,
                   const struct sandbox_run *r, const struct filter *filter);

#endif
