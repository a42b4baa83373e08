/*
 * internal: what the files of steps share. One pair of functions per kind of
 * step; steps.c dispatches.
 */
#ifndef BUILDER_STEPS_INTERNAL_H
#define BUILDER_STEPS_INTERNAL_H

#include "builder/steps/steps.h"

/* As step_preimage() and step_execute(), for one kind each. */
typedef int step_preimage_fn(const struct step_job *job, bool content,
                             struct preimage *out, struct error *err);
typedef int
step_execute_fn(const struct step_job *job, struct result *out, struct error *err);

step_preimage_fn step_image_preimage, step_local_preimage, step_git_preimage,
        step_http_preimage, step_run_preimage, step_copy_preimage, step_mkdir_preimage;
step_execute_fn step_image_execute, step_local_execute, step_git_execute,
        step_http_execute, step_run_execute, step_copy_execute, step_mkdir_execute;

/* JOB copies from its input INPUT: if that is a download, whose bytes leave the store now,
 * they are compared with their digest, and fetched again if they are damaged. 0 or -1. */
int step_http_verify(const struct step_job *job, size_t input, struct error *err);

/* Content digest of everything at and below SOURCE (absolute) in input INPUT. */
int selection_of_path(const struct step_job *job, size_t input, struct text source,
                      struct digest *out, struct error *err);

/* A layer directory that holds what is at and below SOURCE in input INPUT, at
 * the same path. */
struct layer *layer_of_path(const struct step_job *job, size_t input, struct text source,
                            struct error *err);

/* Writes what is below directory SOURCE of input INPUT into the directory FD. */
int write_path(const struct step_job *job, size_t input, struct text source, int fd,
               struct error *err);

/* OUT gets the layers of input BASE with LAYER on top, made now. */
void result_add_layer(const struct result *base, struct layer *layer, struct result *out);

/* Names of owners are looked up in the base: one of an ALONE step, and of the first
 * step on scratch, is ERR_SOURCE "invalid user index: -1". */
int step_check_owner(const struct step_job *job, struct text owner, bool alone,
                     struct error *err);

/* The time for what a step creates: now, or the epoch if that is earlier. */
int64_t step_time(const struct build_env *env);

#endif
