/*
 * doctor: the single tries of doctor_run(). Each runs in a child of its own.
 */
#ifndef BUILDER_SANDBOX_DOCTOR_H
#define BUILDER_SANDBOX_DOCTOR_H

#include <stddef.h>

struct doctor_try {
	const char *name;
	const char *remedy; /* the one setting that helps if it fails */
	/* 0, or -1 with errno. The directory for trials is the working directory. */
	int (*run)(void);
};

/* In the order in which they are shown. */
extern const struct doctor_try doctor_tries[];
extern const size_t doctor_n_tries;

#endif
