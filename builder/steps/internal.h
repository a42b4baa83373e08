/*
 * internal: declarations that the files of steps share. Each kind of step has a
 * pair of functions; steps.c dispatches.
 */
#ifndef BUILDER_STEPS_INTERNAL_H
#define BUILDER_STEPS_INTERNAL_H

#include "builder/steps/steps.h"

/* Like step_preimage() and step_execute(), for one kind each. */
typedef int step_preimage_fn(const struct step_job *job, bool content,
                             struct preimage *out, struct error *err);
typedef int
step_execute_fn(const struct step_job *job, struct result *out, struct error *err);

step_preimage_fn step_image_preimage, step_local_preimage, step_git_preimage,
        step_http_preimage, step_run_preimage, step_copy_preimage, step_mkdir_preimage;
step_execute_fn step_image_execute, step_local_execute, step_git_execute,
        step_http_execute, step_run_execute, step_copy_execute, step_mkdir_execute;

/* Call it before JOB copies from its input INPUT. If the input is a download, verifies
 * its digest and fetches it again if it is damaged. 0 or -1. */
int step_http_verify(const struct step_job *job, size_t input, struct error *err);

/* Content digest of everything at and below SOURCE (absolute) in input INPUT. */
int selection_of_path(const struct step_job *job, size_t input, struct text source,
                      struct digest *out, struct error *err);

/* A layer directory with the content of input INPUT at and below SOURCE, at the
 * same path. */
struct layer *layer_of_path(const struct step_job *job, size_t input, struct text source,
                            struct error *err);

/* Writes the content of the directory SOURCE of input INPUT into the directory FD. */
int write_path(const struct step_job *job, size_t input, struct text source, int fd,
               struct error *err);

/* OUT gets the layers of input BASE with the new LAYER on top. */
void result_add_layer(const struct result *base, struct layer *layer, struct result *out);

/* Owner names are looked up in the base. An ALONE step and the first step on scratch have
 * no base; there a name is ERR_SOURCE "invalid user index: -1". */
int step_check_owner(const struct step_job *job, struct text owner, bool alone,
                     struct error *err);

/* The time of entries that a step creates: now, or the epoch if that is earlier. */
int64_t step_time(const struct build_env *env);

#endif
