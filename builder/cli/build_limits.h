/*
 * build_limits: options of `cooper build` that limit RUN steps.
 */
#ifndef BUILDER_CLI_BUILD_LIMITS_H
#define BUILDER_CLI_BUILD_LIMITS_H

#include "builder/cli/build_options.h"

/* TARGET is a struct build_options. */
option_fn add_ulimit;      /* TYPE=SOFT[:HARD] */
option_fn add_resource;    /* memory=SIZE,cpu-shares=N,… */
option_fn set_cpus;        /* N, perhaps with a fraction */
option_fn set_cpu_quota;   /* microseconds; -1, 0: none */
option_fn set_cpu_period;  /* likewise */
option_fn set_cpu_shares;  /* 2-262144; 0: the default, 1024 */
option_fn set_cpuset_cpus; /* "0-3,5" */
option_fn set_cpuset_mems;
option_fn set_memory_swap; /* memory and swap together; -1: any */

/* Checks what the options say together, and applies the quota. ERR_USAGE. */
int build_limits_settle(struct build_options *o, struct error *err);

#endif
