/*
 * failures: joins the errors of several attempts into one error.
 *
 *	struct failures failures = { 0 };
 *	for (…)
 *		if (try(…, &err) < 0)
 *			failures_add(&failures, &err);
 *	return failures_tell(&failures, err);
 */
#ifndef BASE_FAILURES_H
#define BASE_FAILURES_H

#include "base/error.h"
#include "base/text.h"

struct failures {
	struct error first; /* decides the exit status */
	struct buf others;
};

/* Takes ERR, which becomes empty. */
void failures_add(struct failures *f, struct error *err);

/* Returns 0 if there are none; else -1, with all of them in ERR and the class of the
 * first. Empties F. */
int failures_tell(struct failures *f, struct error *err);

#endif
