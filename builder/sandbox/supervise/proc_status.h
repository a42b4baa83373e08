/*
 * proc_status: /proc/PID/status where ids are emulated. System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_PROC_STATUS_H
#define BUILDER_SANDBOX_SUPERVISE_PROC_STATUS_H

#include "builder/sandbox/supervise/credentials.h"

/* A descriptor of a copy of NAME, a status file, with the ids of IDS, and their umask. -1 with errno. */
int proc_status_open(const char *name, const struct credentials *ids);

#endif
