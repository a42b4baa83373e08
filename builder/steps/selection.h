/*
 * selection: what a source argument chooses, as one digest: of each entry the
 * sorted relative path, type, mode, owner, link text, device, capability and
 * content. Never a time, an inode, or what was not chosen. Each piece is framed
 * by its length, so no two selections give the same bytes.
 */
#ifndef BUILDER_STEPS_SELECTION_H
#define BUILDER_STEPS_SELECTION_H

#include "builder/steps/steps.h"

/* Of source I of JOB's copy step. ERR_SOURCE if a literal path is not there. */
int selection_of_source(const struct step_job *job, size_t i, struct digest *out,
                        struct error *err);

#endif
