/*
 * run_surroundings: what the command line gives to all RUN steps; see struct
 * run_surroundings. Internal to steps.
 */
#ifndef BUILDER_STEPS_RUN_SURROUNDINGS_H
#define BUILDER_STEPS_RUN_SURROUNDINGS_H

#include "builder/steps/run_mounts.h"

/* Adds to the key of a step what may change its result: volumes by their paths (what is
 * in them is nobody's input, as in a cache mount), capabilities, paths that are left out.
 * Name servers are none of it, as those of the machine are none. */
void run_surroundings_preimage(const struct run_surroundings *s, struct preimage *out);

/* Adds volumes, and what hides paths that are left out, in front of the mounts of JOB's
 * step in M. BASE is what the step starts from; its layers have directories. */
int run_surroundings_mount(const struct step_job *job, const struct result *base,
                           struct run_mounts *m, struct error *err);

/* Appends the resolv.conf of steps to OUT. */
void run_surroundings_resolv(const struct run_surroundings *s, struct buf *out);

#endif
