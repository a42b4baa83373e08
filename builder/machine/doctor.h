/*
 * doctor: the single tries of doctor_run(). Each runs in a child of its own.
 */
#ifndef BUILDER_MACHINE_DOCTOR_H
#define BUILDER_MACHINE_DOCTOR_H

#include <stddef.h>

#include "builder/machine/doctor_advice.h"

#define DOCTOR_DETAIL_MAX 256
#define DOCTOR_OVERLAYS   "overlays" /* a directory for trials of their own */

struct doctor_try {
	const char *name;
	enum doctor_subject subject;
	/* 0, or -1 with errno. The working directory is for trials. DETAIL (DOCTOR_DETAIL_MAX bytes) is what was seen; left
	 * empty, the outcome says enough. */
	int (*run)(char *detail);
};

/* In the order in which they are shown. */
extern const struct doctor_try doctor_tries[];
extern const size_t doctor_n_tries;

#endif
