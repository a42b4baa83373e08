/*
 * failure: turns the report of a sandbox's processes into an error.
 */
#ifndef BUILDER_SANDBOX_FAILURE_H
#define BUILDER_SANDBOX_FAILURE_H

#include "base/error.h"
#include "builder/sandbox/inside/recipe.h"

/* Sets ERR from the report of PLAN, which contains a failure. Always -1. */
int failure_tell(struct recipe *recipe, struct error *err);

#endif
