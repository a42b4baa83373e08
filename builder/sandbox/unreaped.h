/*
 * unreaped: first processes of sandboxes that have nothing left to do but end. The kernel
 * takes their name spaces and mounts apart meanwhile, which is no step's business.
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

/* PID, a child of ours, will be waited for by somebody later. */
void unreaped_add(struct unreaped *l, pid_t pid);

/* Waits for all of them. */
void unreaped_clear(struct unreaped *l);

#endif
