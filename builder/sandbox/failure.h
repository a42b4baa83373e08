/*
 * failure: the report of a sandbox's processes as an error for people.
 */
#ifndef BUILDER_SANDBOX_FAILURE_H
#define BUILDER_SANDBOX_FAILURE_H

#include "builder/sandbox/plan.h"

/* Sets ERR from the report of PLAN, which tells of a failure. Always -1. */
int failure_tell(struct plan *plan, struct error *err);

#endif
