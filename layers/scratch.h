/*
 * scratch: a process's own part of tmp/, and the removal of what nobody needs
 * any more.
 *
 *	tmp/4f0c…/owner        locked (flock) as long as its process lives
 *	tmp/4f0c…/d1 p2 x3     directories, parts of blobs, rubbish
 *	tmp/.new-4f0c…         being born
 *	tmp/lease-4f0c…        see lease.h
 *
 * Deleting a tree takes as long as making it. Rubbish is moved here by a
 * rename and removed by a thread of its own, which lives only if there is some.
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

/* Removals end after a few hundred names more; what is left then is for the next process.
 * Takes NULL. */
void scratch_leave(struct scratch *s);

/* Our directory, made when first needed; borrowed. */
int scratch_fd(struct scratch *s, struct error *err);

/* Its name, "tmp/4f0c…", after scratch_fd() succeeded. */
const char *scratch_dir(const struct scratch *s);

#define SCRATCH_NAME_MAX 24

/* A name that was not used yet in our directory. Returns OUT. */
char *scratch_name(struct scratch *s, char kind, char out[SCRATCH_NAME_MAX]);

/* Moves NAME below DIR_FD here to be removed. -1 with errno set if it could not
 * be moved. */
int scratch_trash(struct scratch *s, int dir_fd, const char *name);

/* Takes over the rubbish of processes that are gone. Faults are ignored: the
 * next one will find it. */
void scratch_sweep(struct scratch *s);

#endif
