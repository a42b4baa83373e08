/*
 * scratch: a process's own part of tmp/, and the removal of files that are no
 * longer needed.
 *
 *	tmp/4f0c…/owner        locked (flock) while its process lives
 *	tmp/4f0c…/d1 p2 x3     directories, parts of blobs, rubbish
 *	tmp/.new-4f0c…         being born
 *	tmp/lease-4f0c…        see lease.h
 *
 * Deleting a tree takes as long as making it. So it is moved here by a rename,
 * and a separate thread removes it; the thread exists only if there is work.
 */
#ifndef LAYERS_SCRATCH_H
#define LAYERS_SCRATCH_H

#include <stddef.h>

#include "base/error.h"

struct scratch;

/* ROOT_FD is the store's root (borrowed). Nothing is made yet. */
struct scratch *scratch_new(int root_fd);

/* Waits for removals, and removes our part. Takes NULL. */
void scratch_free(struct scratch *s);

/* Stops removing after a few hundred more names; the next process removes the rest. Takes
 * NULL. */
void scratch_leave(struct scratch *s);

/* Our directory, made when first needed; borrowed. */
int scratch_fd(struct scratch *s, struct error *err);

/* Its name, "tmp/4f0c…", after scratch_fd() succeeded. */
const char *scratch_dir(const struct scratch *s);

#define SCRATCH_NAME_MAX 24

/* An unused name in our directory. Returns OUT. */
char *scratch_name(struct scratch *s, char kind, char out[SCRATCH_NAME_MAX]);

/* Moves NAME below DIR_FD here to be removed. -1 with errno set if it could not
 * be moved. */
int scratch_trash(struct scratch *s, int dir_fd, const char *name);

/* Removes the leftovers of dead processes. Ignores errors: the next call will find
 * them again. */
void scratch_sweep(struct scratch *s);

#endif
