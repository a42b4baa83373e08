/*
 * leaving: first processes of sandboxes that have nothing left to do but end. The kernel
 * takes their name spaces and mounts apart meanwhile, which is no step's business.
 */
#ifndef BUILDER_SANDBOX_LEAVING_H
#define BUILDER_SANDBOX_LEAVING_H

#include <pthread.h>
#include <sys/types.h>

#include "base/array.h"

struct leaving {
	pthread_mutex_t lock;
	ARRAY(pid_t) pids;
};

void leaving_init(struct leaving *l);

/* PID, a child of ours, will be waited for by somebody later. */
void leaving_add(struct leaving *l, pid_t pid);

/* Waits for all of them. */
void leaving_clear(struct leaving *l);

#endif
