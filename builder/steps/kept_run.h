/*
 * kept_run: a failed RUN step, kept in the store for `cooper shell`.
 *
 *	failed/ID/upper     what the step wrote, an overlay upper directory
 *	failed/ID/run.json  the rest of what a sandbox needs: layers by their
 *	                    directories, environment, user, directory, mounts
 *
 * Values of secrets and proxies are not kept: the shell has neither secret files nor
 * variables with such a value. The layers are not locked; they may be pruned meanwhile.
 */
#ifndef BUILDER_STEPS_KEPT_RUN_H
#define BUILDER_STEPS_KEPT_RUN_H

#include "builder/sandbox/sandbox.h"
#include "builder/steps/steps.h"

/* Moves TMP, which contains upper/, to its place in the store. RUN describes how JOB's
 * step ran. *ID gets its name (caller frees). */
int kept_run_save(const struct step_job *job, const struct sandbox_run *run,
                  const char *tmp, char **id, struct error *err);

#endif
