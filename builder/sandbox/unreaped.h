/*
 * unreaped: first processes of sandboxes that are about to end. The kernel still removes
 * their namespaces and mounts; no step needs to wait for that.
 */
#ifndef BUILDER_SANDBOX_UNREAPED_H
#define BUILDER_SANDBOX_UNREAPED_H

#include <pthread.h>
#include <sys/types.h>

#include "base/array.h"

struct unreaped {
	pthread_mutex_t lock;
	ARRAY(pid_t) pids;
};

void unreaped_init(struct unreaped *l);

/* Registers PID, a child of ours, to be waited for later. */
void unreaped_add(struct unreaped *l, pid_t pid);

/* Waits for all of them. */
void unreaped_clear(struct unreaped *l);

#endif
