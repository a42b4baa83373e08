/*
 * doctor: the single checks of doctor_run(). Each runs in a child of its own.
 */
#ifndef BUILDER_MACHINE_DOCTOR_H
#define BUILDER_MACHINE_DOCTOR_H

#include <stddef.h>

#include "builder/machine/doctor_advice.h"

#define DOCTOR_DETAIL_MAX 256
#define DOCTOR_OVERLAYS   "overlays" /* a directory of their own for overlay checks */

struct doctor_try {
	const char *name;
	enum doctor_subject subject;
	/* Returns 0, or -1 with errno. The working directory is free for tests. DETAIL
	 * (DOCTOR_DETAIL_MAX bytes) gets the observation; empty, if the result says it
	 * all. */
	int (*run)(char *detail);
};

/* In display order. */
extern const struct doctor_try doctor_tries[];
extern const size_t doctor_n_tries;

#endif
