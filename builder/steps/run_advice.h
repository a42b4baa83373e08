/*
 * run_advice: what a person can do about a RUN step that failed, told from its command,
 * its mounts, the end of its log and the files of its root.
 *
 * It only ever adds a hint. That a hint is missing means nothing.
 */
#ifndef BUILDER_STEPS_RUN_ADVICE_H
#define BUILDER_STEPS_RUN_ADVICE_H

#include "base/error.h"
#include "base/text.h"
#include "builder/steps/steps.h"

#define RUN_LOG_END 2048

/* The last bytes that a step printed. */
struct log_end {
	char bytes[2 * RUN_LOG_END];
	size_t n;
};

void log_end_add(struct log_end *l, const void *bytes, size_t n);

/* Adds a hint to ERR (ERR_RUN) about the step of JOB, which ran on BASE, printed LOG and
 * ended with exit status STATUS (-1: its program did not start). */
void run_advise(const struct step_job *job, const struct result *base, int status,
                const struct log_end *log, struct error *err);

#endif
