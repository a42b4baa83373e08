/*
 * lend: directories of ours that a step writes to, where nothing can be mounted.
 * Their entries move into the step's tree and back. Meanwhile they are locked, so
 * steps that share such a mount use it one after the other.
 */
#ifndef BUILDER_SANDBOX_PLAIN_LEND_H
#define BUILDER_SANDBOX_PLAIN_LEND_H

#include "builder/sandbox/plain/plain_scratch.h"
#include "builder/sandbox/sandbox.h"

/* Locks the directories that R binds, and waits until nobody else has them. Closing their
 * descriptors unlocks them. If R binds a directory twice, that is an error. */
int lend_lock(const struct plain_scratch *scratch, const struct sandbox_run *r,
              struct error *err);

/* Moves all entries of FROM_FD to TO_FD, on the same file system. An entry
 * whose name is taken there stays. */
int lend_entries(int from_fd, int to_fd, struct error *err);

#endif
