/*
 * overlay: mounts layer directories on top of each other. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_OVERLAY_H
#define BUILDER_SANDBOX_INSIDE_OVERLAY_H

#include "builder/sandbox/inside/fs.h"

/* The limit of overlayfs. */
#define OVERLAY_LOWERS_MAX 500

/* A detached overlay of LOWERS (topmost first; places in the recipe of C). UPPER
 * and WORK none: read-only. -1 with errno, and WHY of C set. */
int overlay_new(struct mount_ctx *c, struct recipe_list lowers, recipe_at upper,
                recipe_at work);

#endif
