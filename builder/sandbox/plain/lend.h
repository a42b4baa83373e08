/*
 * lend: directories of ours that a step writes to, where nothing can be mounted.
 * Their entries move into the step's tree and back; meanwhile they are locked, so
 * a mount that steps may share is used by one after the other.
 */
#ifndef BUILDER_SANDBOX_PLAIN_LEND_H
#define BUILDER_SANDBOX_PLAIN_LEND_H

#include "builder/sandbox/plain/plain_scratch.h"
#include "builder/sandbox/sandbox.h"

/* Waits until nobody else has one of the directories that R binds. Closing their
 * descriptors ends that. A directory that R binds twice is an error. */
int lend_lock(const struct plain_scratch *scratch, const struct sandbox_run *r,
              struct error *err);

/* Moves all entries of FROM_FD to TO_FD, on the same file system. One for which there
 * is no place any more stays. */
int lend_entries(int from_fd, int to_fd, struct error *err);

#endif
