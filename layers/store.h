/*
 * store: a directory that is a valid OCI image layout, plus unpacked layers.
 *
 * 	oci-layout  index.json  blobs/sha256/…      an OCI image layout
 * 	layers/ID/{diff,info}  trees/ID             unpacked layers, indexes
 * 	steps/…  contexts/…  checkouts/…            builder's; the store only makes them
 * 	mounts/…  failed/…  plain/…
 * 	tmp/…  lock
 */
#ifndef LAYERS_STORE_H
#define LAYERS_STORE_H

#include <stdbool.h>

#include "base/cancel.h"
#include "base/error.h"
#include "layers/layers.h"

/* Opens or makes the store at PATH (NULL: $COOPER_ROOT, else /var/lib/cooper
 * for root, else $XDG_DATA_HOME/cooper or ~/.local/share/cooper), and removes
 * dead processes' parts of tmp/. Caller closes. */
struct store *store_open(const char *path, struct error *err);
void store_close(struct store *st); /* removes our tmp; takes NULL */

/* Triggering C (may be NULL; borrowed while the store is open) ends the making of layer
 * forms, even in calls without a token. Call it before threads use the store. */
void store_set_cancel(struct store *st, const struct cancel *c);

/* Ends quickly: leaves removals to the next process that opens the store. Takes NULL. */
void store_leave(struct store *st);
int store_fd(const struct store *st);           /* the root directory; borrowed */
const char *store_path(const struct store *st); /* absolute */

/* A new empty directory in our part of tmp/: its absolute path (caller frees)
 * and, if FD is not NULL, an open fd (caller closes). */
char *store_tmp_dir(struct store *st, int *fd, struct error *err);

/* Moves DIR (absolute, in tmp/) out of the way; it is deleted when the store
 * is closed, or by the next sweep. */
void store_trash(struct store *st, const char *dir);

/* The short critical sections between builds and the collector: shared around
 * "look up and touch", exclusive around "check and remove". Caller closes the
 * fd to release. */
int store_lock(struct store *st, bool exclusive, struct error *err);

/* Removes the directories NAME and NAME-N (N below 1000) from mounts/; ALL:
 * NAME-anything, too. A process that has one open keeps it until the collector finds it
 * unused. The caller must hold a lease. */
int store_drop_mounts(struct store *st, const char *name, bool all, struct error *err);

/* The lease of a running build, an fd: nothing that is used from now on gets removed
 * until store_lease_end() or the end of the process. */
int store_lease(struct store *st, struct error *err);
void store_lease_end(struct store *st, int *fd); /* -1: nothing to do */

#endif
