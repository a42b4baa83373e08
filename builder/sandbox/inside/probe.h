/*
 * probe: tries typical file operations on a layered root. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_PROBE_H
#define BUILDER_SANDBOX_INSIDE_PROBE_H

#include "builder/sandbox/inside/recipe.h"

/* Names in the directory that is the only lower layer of a probe. */
#define PROBE_FILE "file"
#define PROBE_DIR  "dir"

/* In "/": writes, renames, deletes PROBE_FILE, replaces PROBE_DIR. -1 with the
 * report filled. */
int probe_files(struct recipe *recipe);

#endif
