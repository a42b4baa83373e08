/*
 * kept_run: a RUN step that failed, kept in the store to be looked at later.
 *
 *	failed/ID/upper     what the step wrote, an overlay upper directory
 *	failed/ID/run.json  the rest of what a sandbox needs: layers by their
 *	                    directories, environment, user, directory, mounts
 *
 * Values of secrets and proxies are left out: neither their files nor variables that
 * hold one are there in the shell. The layers are not held; they may be pruned meanwhile.
 */
#ifndef BUILDER_STEPS_KEPT_RUN_H
#define BUILDER_STEPS_KEPT_RUN_H

#include "builder/sandbox/sandbox.h"
#include "builder/steps/steps.h"

/* Moves TMP, which holds upper/, to its place in the store. RUN is how JOB's step ran.
 * Its name goes to *ID (caller frees). */
int kept_run_save(const struct step_job *job, const struct sandbox_run *run,
                  const char *tmp, char **id, struct error *err);

#endif
