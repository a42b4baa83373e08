/*
 * local_excluded: the parts of a local context that no step of a plan copies, because of
 * --exclude. Internal to steps.
 */
#ifndef BUILDER_STEPS_LOCAL_EXCLUDED_H
#define BUILDER_STEPS_LOCAL_EXCLUDED_H

#include "builder/steps/internal.h"
#include "parser/ignore.h"

struct exclusions {
	ARRAY(struct excluded_rule) rules; /* for context_scan(); none: all counts */
	ARRAY(struct ignore *) ignores;
	ARRAY(char *) texts;
	bool useless; /* a step may copy anything, because of a link or a pattern */
};

/* The rules of all steps of JOB's plan that name its context, which is DIR_FD. */
int exclusions_find(struct exclusions *x, int dir_fd, const struct step_job *job,
                    struct error *err);
void exclusions_clear(struct exclusions *x);
#define auto_exclusions __attribute__((cleanup(exclusions_clear)))

#endif
