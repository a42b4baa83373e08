/*
 * selection: one digest for all entries that a source argument selects. It covers, in
 * sorted order, each entry's relative path, type, mode, owner, link text, device,
 * capability and content, but never a time, an inode or other entries. A length
 * precedes each piece, so two different selections never give the same bytes.
 */
#ifndef BUILDER_STEPS_SELECTION_H
#define BUILDER_STEPS_SELECTION_H

#include "builder/steps/steps.h"

/* The digest of source I of JOB's copy step. ERR_SOURCE if a literal path does not
 * exist. */
int selection_of_source(const struct step_job *job, size_t i, struct digest *out,
                        struct error *err);

#endif
