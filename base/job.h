/*
 * job: a pool of worker threads, and groups of jobs to wait for together. A
 * job may add jobs. It may wait for a group of its own pool only by
 * group_wait(), which runs queued jobs while it waits.
 */
#ifndef BASE_JOB_H
#define BASE_JOB_H

#include <stddef.h>

#include "base/error.h"

struct pool;
struct group;

typedef int job_fn(void *arg, struct error *err);

/* The number of CPUs that affinity and cgroup quota leave to this process, at least 1. */
size_t job_cpus(void);

struct pool *pool_new(size_t n_threads);
void pool_free(struct pool *pool); /* waits for what runs; takes NULL */

struct group *group_new(struct pool *pool);

/* Queues FN(ARG); ARG must stay valid until the group is waited for. */
void group_add(struct group *g, job_fn *fn, void *arg);

/* Waits for all; 0, or -1 with the first failure in ERR. */
int group_wait(struct group *g, struct error *err);
void group_free(struct group *g); /* waits; takes NULL */

#endif
