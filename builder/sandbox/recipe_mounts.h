/*
 * recipe_mounts: drafts the mounts of a run as operations of a recipe.
 */
#ifndef BUILDER_SANDBOX_RECIPE_MOUNTS_H
#define BUILDER_SANDBOX_RECIPE_MOUNTS_H

#include "builder/sandbox/engine.h"
#include "builder/sandbox/recipe_draft.h"

/* Adds /proc, /dev, /sys and their masks; hosts and resolv.conf; the mounts of
 * R. Changes of SANDBOX_OVERLAY mounts go below the directory SCRATCH
 * (relative to the sandbox's; made here, removed by the caller). */
int
recipe_add_mounts(struct recipe_draft *d, const struct sandbox *sb,
                  const struct sandbox_run *r, const char *scratch, struct error *err);

#endif
