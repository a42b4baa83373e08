/*
 * engine_plain: what the engines without mounts share: they run a step in a plain tree,
 * with stand-ins for mounts, and find its changes by a walk.
 */
#ifndef BUILDER_SANDBOX_ENGINE_PLAIN_H
#define BUILDER_SANDBOX_ENGINE_PLAIN_H

#include "builder/sandbox/engine.h"
#include "builder/sandbox/recipe_draft.h"

/* Drafts the recipe of R, which runs in the directory TREE. HAS_DEVICES: its /dev has
 * nodes. */
typedef void engine_draft_fn(struct recipe_draft *d, const struct sandbox *sb,
                             const struct sandbox_run *r, const char *tree,
                             bool has_devices);

/* struct engine.run, with DRAFT. */
int engine_plain_run(struct sandbox *sb, const struct sandbox_run *r,
                     engine_draft_fn *draft, struct sandbox_result *result,
                     struct error *err);

/* Runs the engine once, in a small tree of its own. */
int engine_plain_probe(struct sandbox *sb, engine_draft_fn *draft, struct error *err);

/* Adds to *WHY, the reason why no stronger engine is used, what this one is like, and
 * whether Landlock is missing. NULL (the engine was requested) stays NULL. */
void engine_add_likeness(char **why, const char *likeness);

/* Adds FILTER to the recipe; *N is its length. Clears FILTER. */
recipe_at engine_add_filter(struct recipe_draft *d, struct filter *filter, uint32_t *n);

/* Has the supervisor keep what the disk cannot have in notes of the upper of R. */
void engine_add_owner_marks(struct recipe_draft *d, const struct sandbox_run *r);

#endif
