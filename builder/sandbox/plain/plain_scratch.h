/*
 * plain_scratch: the directory for what a root without mounts needs beside its tree.
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
