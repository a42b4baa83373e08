/*
 * failures: what went wrong with several results of one build. Internal to build.
 */
#ifndef BUILDER_BUILD_FAILURES_H
#define BUILDER_BUILD_FAILURES_H

#include "base/error.h"
#include "base/text.h"

struct failures {
	struct error first; /* decides the exit status */
	struct buf others;
};

/* Takes ERR, which becomes empty. */
void failures_add(struct failures *f, struct error *err);

/* -1 with all of them in ERR, the first one's class; 0 if there are none. Empties F. */
int failures_tell(struct failures *f, struct error *err);

#endif
