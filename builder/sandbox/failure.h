/*
 * failure: the report of a sandbox's processes as an error for people.
 */
#ifndef BUILDER_SANDBOX_FAILURE_H
#define BUILDER_SANDBOX_FAILURE_H

#include "base/error.h"
#include "builder/sandbox/inside/recipe.h"

/* Sets ERR from the report of PLAN, which tells of a failure. Always -1. */
int failure_tell(struct recipe *recipe, struct error *err);

#endif
