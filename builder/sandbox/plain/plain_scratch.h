/*
 * plain_scratch: the directory for other files of a root without mounts.
 */
#ifndef BUILDER_SANDBOX_PLAIN_PLAIN_SCRATCH_H
#define BUILDER_SANDBOX_PLAIN_PLAIN_SCRATCH_H

#include "base/cancel.h"

/* Borrowed from the sandbox. */
struct plain_scratch {
	int fd;
	const char *path; /* of the same directory */
	const struct cancel *cancel;
};

#endif
