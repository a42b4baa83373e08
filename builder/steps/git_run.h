/*
 * git_run: one run of git's command line. Internal to steps.
 *
 * Git asks nobody, and what it does depends on its arguments and on the repository
 * alone: no configuration, attributes, ignore rules, hooks, templates or filters of the
 * machine or the user, and of the variables that steer git only those that say how to
 * connect. Who we are (source_auth.h) goes by way of its environment.
 */
#ifndef BUILDER_STEPS_GIT_RUN_H
#define BUILDER_STEPS_GIT_RUN_H

#include <stdbool.h>

#include "base/array.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"
#include "builder/steps/source_auth.h"

struct git {
	const struct cancel *cancel;
	int dir_fd; /* where it runs; -1: where we are */
	ARRAY(char *) env;
	struct buf out, log; /* of the last run */
};

/* AUTH is copied. */
void git_init(struct git *g, int dir_fd, const struct source_auth *auth,
              const struct cancel *cancel);
void git_clear(struct git *g);
#define auto_git __attribute__((cleanup(git_clear)))

/* Runs git with ARGUMENTS (ended by NULL). ERR says what git did; its code is ERR_AUTH,
 * ERR_NETWORK, ERR_ENVIRONMENT (there is no git), ERR_CANCELLED or ERR_SOURCE. */
int git_run(struct git *g, const char *const *arguments, struct error *err);

#endif
