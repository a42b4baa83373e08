/*
 * overlay: mounts layer directories on top of each other. System calls only.
 */
#ifndef BUILDER_SANDBOX_OVERLAY_H
#define BUILDER_SANDBOX_OVERLAY_H

#include "builder/sandbox/mount_ops.h"

/* overlayfs takes no more. */
#define OVERLAY_LOWERS_MAX 500

/* A detached overlay of LOWERS (topmost first; places in the plan of C). UPPER
 * and WORK none: read-only. -1 with errno, and WHY of C set. */
int
overlay_new(struct mount_ctx *c, struct plan_list lowers, plan_at upper, plan_at work);

#endif
