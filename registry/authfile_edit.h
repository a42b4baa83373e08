/*
 * authfile_edit: changes a file of credentials and keeps what we do not know of it.
 *
 * The new text is complete before it gets the file's name, with mode 0600 and the owner
 * of the old file. A name that is a link means its target, if both are our own. What is
 * not a regular file is never replaced, and a malformed file stays as it is. Two
 * processes that change the files of one directory wait for each other.
 */
#ifndef REGISTRY_AUTHFILE_EDIT_H
#define REGISTRY_AUTHFILE_EDIT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"

/* Changes ROOT, the whole document. Returns 1 if it did, 0 if nothing is to be written,
 * -1. */
typedef int authfile_edit_fn(void *arg, json_t *root, struct error *err);

/* Calls EDIT with the document of PATH. MAKE: a missing file and its directories are
 * made; without, a missing file is not changed (0). Returns what EDIT did, or -1. */
int authfile_edit(const char *path, bool make, authfile_edit_fn *edit, void *arg,
                  struct error *err);

#endif
