/*
 * lease: protects the content that a running build uses from the collector.
 *
 *	tmp/lease-4f0c…    locked (flock) while it is held; its mtime is the moment
 *	                   when the store was opened
 *
 * Content with this or a later time may be in use. Made by store_lease()
 * (layers/store.h).
 */
#ifndef LAYERS_LEASE_H
#define LAYERS_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define LEASE_PREFIX "lease-" /* then 16 digits */

bool lease_is_name(const char *name);

/* Removes NAME in tmp/ if no process holds it any more. */
void lease_sweep(int tmp_fd, const char *name);

/* The time of the oldest lease that is held; INT64_MAX if there is none. */
int leases_oldest(int root_fd, int64_t *ns, struct error *err);

/* How many leases are held, ours included. */
int leases_count(int root_fd, size_t *n, struct error *err);

#endif
