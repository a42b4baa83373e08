/*
 * job: a pool of worker threads, and groups of jobs that are waited for
 * together. A job may add jobs, but must not wait for a group of its own
 * pool unless through group_wait(), which works on queued jobs while it waits.
 */
#ifndef BASE_JOB_H
#define BASE_JOB_H

#include <stddef.h>

#include "base/error.h"

struct pool;
struct group;

typedef int job_fn(void *arg, struct error *err);

/* CPUs this process may really use: affinity and cgroup quota, at least 1. */
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
