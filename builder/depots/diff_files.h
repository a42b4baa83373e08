/*
 * diff_files: what two file systems differ in. Internal to depots.
 */
#ifndef BUILDER_DEPOTS_DIFF_FILES_H
#define BUILDER_DEPOTS_DIFF_FILES_H

#include "builder/depots/diff.h"
#include "layers/view.h"

/* An object with the lists "added", "removed" and "changed". A new reference, NULL with
 * ERR. */
json_t *diff_files(struct view *a, struct view *b, bool ignore_times,
                   const struct cancel *cancel, struct error *err);

#endif
